package io.ensrelay.tls;

import io.ensrelay.base.Printable;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.temporal.ChronoUnit;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/** Subject, issuer and dates of certificates as printable text of bounded length. */
final class CertificateNames {
  private static final int LONGEST = 120;

  private CertificateNames() {}

  static String subject(X509Certificate certificate) {
    return text(certificate.getSubjectX500Principal());
  }

  static String issuer(X509Certificate certificate) {
    return text(certificate.getIssuerX500Principal());
  }

  static String text(X500Principal name) {
    return printable(name.getName());
  }

  /** The subject's common name, or the whole subject if it has none. */
  static String common(X509Certificate certificate) {
    String name = certificate.getSubjectX500Principal().getName();
    try {
      return new LdapName(name)
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .map(Rdn::getValue)
              .map(Object::toString)
              .reduce((first, last) -> last)
              .orElse(name);
    } catch (InvalidNameException e) {
      return name;
    }
  }

  static String dates(X509Certificate certificate) {
    return "valid from "
        + certificate.getNotBefore().toInstant().truncatedTo(ChronoUnit.SECONDS)
        + " to "
        + certificate.getNotAfter().toInstant().truncatedTo(ChronoUnit.SECONDS);
  }

  static boolean isSelfIssued(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  /** Compares the issuer's name and verifies the signature. */
  static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
    if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  static String printable(String text) {
    return Printable.line(text, LONGEST);
  }
}
