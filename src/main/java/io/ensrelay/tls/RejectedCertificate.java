package io.ensrelay.tls;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;

/**
 * Explains why a server's certificate is not accepted.
 *
 * @param presented the chain from the server, its own certificate first
 * @param accepted the trusted CAs
 */
record RejectedCertificate(List<X509Certificate> presented, List<X509Certificate> accepted) {
  private static final int MOST_NAMES = 5;

  /** Explains a certificate that is valid but names another host. */
  String notOf(String host, CertificateException failure) {
    String names = names();
    if (names.isEmpty() && !saysHost(failure)) {
      return unknown(failure);
    }
    return "%s is not for the host %s%s. Look at the host name in the URL, or have the server"
            .formatted(
                own(),
                CertificateNames.printable(host),
                names.isEmpty() ? ", it names no host at all" : " but for " + names)
        + " get a certificate with that name";
  }

  /** Explains an error in the certificate or its issuers. */
  String untrusted(
      CertificateException failure, String truststoreKey, Optional<String> truststore) {
    List<X509Certificate> path = path();
    X509Certificate top = path.get(path.size() - 1);
    Optional<BasicReason> reason = reason(failure);
    Optional<X509Certificate> invalid =
        path.stream().filter(each -> !isValid(each, new Date())).findFirst();
    boolean known =
        accepted.stream().anyMatch(ca -> CertificateNames.isIssuedBy(top, ca) || ca.equals(top));
    if (invalid.isPresent() && (known || invalid.get().equals(presented.get(0)))) {
      return invalid(invalid.get());
    }
    if (reason
        .filter(r -> r == BasicReason.EXPIRED || r == BasicReason.NOT_YET_VALID)
        .isPresent()) {
      return issuerOf(top)
          .filter(ca -> !isValid(ca, new Date()))
          .map(
              ca ->
                  "the CA %s in %s is %s. Renew that file"
                      .formatted(
                          CertificateNames.subject(ca),
                          where(truststoreKey, truststore),
                          CertificateNames.dates(ca)))
          .orElseGet(() -> unknown(failure));
    }
    if (reason.filter(BasicReason.REVOKED::equals).isPresent()) {
      return own() + " is revoked. The server's operator must replace it";
    }
    if (reason.filter(BasicReason.ALGORITHM_CONSTRAINED::equals).isPresent()) {
      return "%s uses an algorithm or key too weak for this Java (%s). The server's operator must"
              .formatted(own(), detail(failure))
          + " replace it, or its issuer's";
    }
    return known ? unknown(failure) : unknownIssuer(top, truststoreKey, truststore);
  }

  private String unknownIssuer(
      X509Certificate top, String truststoreKey, Optional<String> truststore) {
    String where = where(truststoreKey, truststore);
    String add = truststore.isPresent() ? "add it to " + truststoreKey : "set " + truststoreKey;
    if (CertificateNames.isSelfIssued(top) && top.equals(presented.get(0))) {
      return own()
          + " is self-signed and not trusted. If it is the right server, trust the"
          + " certificate as a CA: "
          + add;
    }
    X500Principal issuer = top.getIssuerX500Principal();
    boolean sameName =
        accepted.stream().anyMatch(ca -> ca.getSubjectX500Principal().equals(issuer));
    if (sameName) {
      return "%s is issued by %s, and the CA of that name in %s has another key: it is an older CA"
              .formatted(own(), CertificateNames.text(issuer), where)
          + " or a different one. Put the server's CA into "
          + truststoreKey;
    }
    return "%s is issued by %s, which is not trusted: it is not in %s%s. If it is the right server,"
            .formatted(
                own(),
                CertificateNames.text(issuer),
                where,
                CertificateNames.isSelfIssued(top)
                    ? ""
                    : ", and the server sends no certificate of it")
        + " give that CA: "
        + add;
  }

  private static String where(String truststoreKey, Optional<String> truststore) {
    return truststore
        .map(file -> truststoreKey + "=" + CertificateNames.printable(file))
        .orElse("the CAs of Java (" + truststoreKey + " is not set)");
  }

  private String invalid(X509Certificate certificate) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    boolean isOwn = certificate.equals(presented.get(0));
    String whose =
        isOwn
            ? own()
            : "a CA certificate that the server sends, %s,"
                .formatted(CertificateNames.subject(certificate));
    return certificate.getNotAfter().toInstant().isBefore(now)
        ? "%s expired: %s. The server's operator must renew it"
            .formatted(whose, CertificateNames.dates(certificate))
        : "%s is not valid yet: %s. Look at the clock of this machine, where it is %s"
            .formatted(whose, CertificateNames.dates(certificate), now);
  }

  /** Repeats the JVM's own message. */
  private String unknown(CertificateException failure) {
    return own() + " is not trusted: " + detail(failure);
  }

  private String own() {
    return "the server's certificate (%s)".formatted(CertificateNames.subject(presented.get(0)));
  }

  /** Returns the server's own certificate and its issuers as far as the server sends them. */
  private List<X509Certificate> path() {
    List<X509Certificate> path = new ArrayList<>(List.of(presented.get(0)));
    Optional<X509Certificate> next = Optional.of(presented.get(0));
    while (next.isPresent()) {
      X509Certificate last = next.get();
      next =
          presented.stream()
              .filter(each -> !path.contains(each) && !CertificateNames.isSelfIssued(last))
              .filter(each -> CertificateNames.isIssuedBy(last, each))
              .findFirst();
      next.ifPresent(path::add);
    }
    return path;
  }

  private Optional<X509Certificate> issuerOf(X509Certificate top) {
    return accepted.stream()
        .filter(ca -> ca.equals(top) || CertificateNames.isIssuedBy(top, ca))
        .findFirst();
  }

  private String names() {
    try {
      Collection<List<?>> names = presented.get(0).getSubjectAlternativeNames();
      return names == null
          ? ""
          : names.stream()
                  .filter(name -> name.get(1) instanceof String)
                  .limit(MOST_NAMES)
                  .map(name -> CertificateNames.printable((String) name.get(1)))
                  .collect(Collectors.joining(", "))
              + (names.size() > MOST_NAMES ? ", ..." : "");
    } catch (CertificateParsingException e) {
      return "";
    }
  }

  private static boolean isValid(X509Certificate certificate, Date now) {
    return !now.after(certificate.getNotAfter()) && !now.before(certificate.getNotBefore());
  }

  private static boolean saysHost(CertificateException failure) {
    return String.valueOf(failure.getMessage()).matches("(?s)No (name|subject alternative).*");
  }

  private static Optional<BasicReason> reason(Throwable failure) {
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof CertPathValidatorException invalid
          && invalid.getReason() instanceof BasicReason reason
          && reason != BasicReason.UNSPECIFIED) {
        return Optional.of(reason);
      }
    }
    return Optional.empty();
  }

  private static String detail(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return CertificateNames.printable(String.valueOf(root.getMessage()));
  }
}
