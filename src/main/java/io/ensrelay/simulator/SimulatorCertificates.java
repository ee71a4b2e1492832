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
 * authority means new certificates. The bad kinds are made when they are first asked for.
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

  /** A client certificate with its key, PKCS#12, good or bad; made when it is missing. */
  public Path keystore(ClientCertificate which) throws IOException {
    return made(which).resolve(which.fileName() + ".p12");
  }

  /** The same with its key, not encrypted, and its chain, PEM. */
  public Path pem(ClientCertificate which) throws IOException {
    return made(which).resolve(which.fileName() + ".pem");
  }

  /** A server certificate with its key, PKCS#12, good or bad. */
  public Path keystore(ServerCertificate which) {
    return dir.resolve(which.fileName() + ".p12");
  }

  /** The same with its key, not encrypted, and its chain, PEM. */
  public Path pem(ServerCertificate which) {
    return dir.resolve(which.fileName() + ".pem");
  }

  /** Makes every certificate that is missing, the bad kinds too. */
  public void makeAll() throws IOException {
    for (ClientCertificate each : ClientCertificate.values()) {
      made(each);
    }
    for (ServerCertificate each : ServerCertificate.values()) {
      make(each);
    }
  }

  /** How the simulator speaks TLS: it shows a server certificate and trusts its authority. */
  SSLContext tls(ServerCertificate shown) throws IOException {
    make(shown);
    try {
      char[] password = PASSWORD.toCharArray();
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(KeyStore.getInstance(keystore(shown).toFile(), password), password);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(KeyStore.getInstance(truststore().toFile(), password));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "%s: could not be used: %s".formatted(keystore(shown), e.getMessage()), e);
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
    if (all) {
      forgetAll();
    }
    if (!isUsable(keystore(ServerCertificate.GOOD), authority, needed)) {
      write(
          new Issuance(authority).issue(ServerCertificate.GOOD), ServerCertificate.GOOD.fileName());
    }
    if (!isUsable(client(), authority, needed) || !Files.exists(clientPem())) {
      write(
          new Issuance(authority).issue(ClientCertificate.GOOD), ClientCertificate.GOOD.fileName());
    }
    if (!isUsable(dir.resolve(ClientCertificate.SECOND.fileName() + ".p12"), authority, needed)
        || !isUsable(
            dir.resolve(ClientCertificate.NO_ROLE.fileName() + ".p12"), authority, needed)) {
      // made anew when they are asked for
      forget(ClientCertificate.SECOND.fileName());
      forget(ClientCertificate.NO_ROLE.fileName());
    }
  }

  private Path made(ClientCertificate which) throws IOException {
    if (isMissing(which.fileName())) {
      write(new Issuance(authority()).issue(which), which.fileName());
    }
    return dir;
  }

  private void make(ServerCertificate which) throws IOException {
    if (isMissing(which.fileName())) {
      write(new Issuance(authority()).issue(which), which.fileName());
    }
  }

  private boolean isMissing(String name) {
    return !Files.exists(dir.resolve(name + ".p12")) || !Files.exists(dir.resolve(name + ".pem"));
  }

  private void write(IssuedCertificate certificate, String name) throws IOException {
    certificate.writePkcs12(dir.resolve(name + ".p12"), PASSWORD);
    certificate.writePem(dir.resolve(name + ".pem"), "");
  }

  private void forgetAll() throws IOException {
    for (ClientCertificate each : ClientCertificate.values()) {
      forget(each.fileName());
    }
    for (ServerCertificate each : ServerCertificate.values()) {
      forget(each.fileName());
    }
  }

  private void forget(String name) throws IOException {
    Files.deleteIfExists(dir.resolve(name + ".p12"));
    Files.deleteIfExists(dir.resolve(name + ".pem"));
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
