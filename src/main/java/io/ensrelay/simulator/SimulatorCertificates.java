package io.ensrelay.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificate files of a simulator. They are made on the first start and used again after that;
 * one that is missing, unreadable, expired or within seven days of it is made anew, and a new
 * authority means new certificates.
 *
 * <p>The password of all of them is {@value #PASSWORD}: good enough for a simulation, for nothing
 * else.
 *
 * @param dir the folder of the files
 */
public record SimulatorCertificates(Path dir) {
  /** The password of every key and trust store here. For simulation only. */
  public static final String PASSWORD = "changeit";

  private static final Duration RENEWAL = Duration.ofDays(7);

  /** The authority's certificate, PEM. */
  public Path ca() {
    return dir.resolve("ca.pem");
  }

  /** The authority's certificate, PKCS#12: what a client trusts. */
  public Path truststore() {
    return dir.resolve("truststore.p12");
  }

  /** The client certificate with its key, PKCS#12. */
  public Path client() {
    return dir.resolve("client.p12");
  }

  /** The client certificate with its key, not encrypted, and its chain, PEM. */
  public Path clientPem() {
    return dir.resolve("client.pem");
  }

  /** The password of {@link #client()} and {@link #truststore()}. */
  public String password() {
    return PASSWORD;
  }

  /** The authority that signed them: issues more certificates that the simulator accepts. */
  public CertificateAuthority authority() throws IOException {
    return new CertificateAuthority(IssuedCertificate.readPkcs12(authorityKey(), PASSWORD));
  }

  /** The server certificate with its key, PKCS#12. */
  Path server() {
    return dir.resolve("server.p12");
  }

  /** How the simulator speaks TLS: it shows the server certificate and trusts its authority. */
  SSLContext tls() throws IOException {
    try {
      char[] password = PASSWORD.toCharArray();
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(KeyStore.getInstance(server().toFile(), password), password);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(KeyStore.getInstance(truststore().toFile(), password));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("%s: could not be used: %s".formatted(server(), e.getMessage()), e);
    }
  }

  private Path authorityKey() {
    return dir.resolve("ca.p12");
  }

  /** Makes what is missing or about to expire at the clock's time. */
  static SimulatorCertificates prepare(Path dir, Clock clock) throws IOException {
    SimulatorCertificates certificates = new SimulatorCertificates(dir);
    certificates.renew(clock.instant().plus(RENEWAL));
    return certificates;
  }

  private void renew(Instant needed) throws IOException {
    Optional<IssuedCertificate> known = usable(authorityKey(), needed);
    CertificateAuthority authority =
        known
            .map(CertificateAuthority::new)
            .orElseGet(() -> CertificateAuthority.create("ens-relay simulator CA"));
    boolean all = known.isEmpty();
    if (all) {
      authority.own().writePkcs12(authorityKey(), PASSWORD);
    }
    if (all || !Files.exists(ca()) || !Files.exists(truststore())) {
      authority.writePem(ca());
      authority.writeTruststore(truststore(), PASSWORD);
    }
    if (all || !isUsable(server(), authority, needed)) {
      authority
          .issue(CertificateRequest.server("localhost", "localhost", "127.0.0.1", "::1"))
          .writePkcs12(server(), PASSWORD);
    }
    if (all || !isUsable(client(), authority, needed) || !Files.exists(clientPem())) {
      IssuedCertificate client = authority.issue(CertificateRequest.client("ens-relay"));
      client.writePkcs12(client(), PASSWORD);
      client.writePem(clientPem(), "");
    }
  }

  private static boolean isUsable(Path file, CertificateAuthority authority, Instant needed) {
    return usable(file, needed)
        .filter(found -> found.chain().contains(authority.certificate()))
        .isPresent();
  }

  private static Optional<IssuedCertificate> usable(Path file, Instant needed) {
    try {
      return Optional.of(IssuedCertificate.readPkcs12(file, PASSWORD))
          .filter(found -> found.isValidAt(needed));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
