package io.ensrelay.tls;

import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/**
 * A private key with its certificate chain: its own certificate first, then those of its issuers.
 *
 * @param alias its name in the file, or the certificate's common name if the file has no names
 */
record Identity(String alias, PrivateKey key, List<X509Certificate> chain) {
  private static final String ANY_USE = "2.5.29.37.0";

  Identity {
    chain = List.copyOf(chain);
  }

  Identity(PrivateKey key, List<X509Certificate> chain) {
    this("", key, chain);
  }

  X509Certificate certificate() {
    return chain.get(0);
  }

  Instant expires() {
    return certificate().getNotAfter().toInstant();
  }

  boolean isValidAt(Instant time) {
    return !time.isAfter(expires()) && !time.isBefore(certificate().getNotBefore().toInstant());
  }

  /** Whether its certificate allows this use; one without extended key usage allows any. */
  boolean isFor(KeyUse use) {
    try {
      List<String> uses = certificate().getExtendedKeyUsage();
      return uses == null || uses.contains(use.oid) || uses.contains(ANY_USE);
    } catch (CertificateParsingException e) {
      return false;
    }
  }

  boolean isIssuedByOneOf(Collection<X500Principal> names) {
    return chain.stream().map(X509Certificate::getIssuerX500Principal).anyMatch(names::contains);
  }

  /** Returns the issuer whose certificate the chain lacks, perhaps a root; empty: none. */
  Optional<X500Principal> missingIssuer() {
    X509Certificate last = chain.get(chain.size() - 1);
    return Optional.of(last)
        .filter(top -> !CertificateNames.isSelfIssued(top))
        .map(X509Certificate::getIssuerX500Principal);
  }

  /** Omits the private key, which must not appear in a log. */
  @Override
  public String toString() {
    return "Identity[" + certificate().getSubjectX500Principal() + "]";
  }
}
