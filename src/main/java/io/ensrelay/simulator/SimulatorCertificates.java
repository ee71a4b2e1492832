package io.ensrelay.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificate files of a simulator, made at the first start and then reused. A file that is
 * missing, unreadable, expired or within seven days of its expiry is replaced; a new authority
 * means new certificates. Bad certificates are made when they are first requested.
 *
 * <p>All files have the password {@value #PASSWORD}, which is good enough for a simulation only.
 *
 * @param dir the folder of the files
 */
public record SimulatorCertificates(Path dir) {
  /** The password of every keystore and trust store here. For simulation only. */
  public static final String PASSWORD = "changeit";

  private static final Duration RENEWAL = Duration.ofDays(7);

  /** Returns the authority's certificate, PEM. */
  public Path ca() {
    return dir.resolve("ca.pem");
  }

  /** Returns the authority's certificate, PKCS#12, as a client's trust store. */
  public Path truststore() {
    return dir.resolve("truststore.p12");
  }

  /** Returns the client certificate with its key, PKCS#12. */
  public Path client() {
    return dir.resolve("client.p12");
  }

  /** Returns the client certificate with its key, not encrypted, and its chain, PEM. */
  public Path clientPem() {
    return dir.resolve("client.pem");
  }

  /** Returns the password of {@link #client()} and {@link #truststore()}. */
  public String password() {
    return PASSWORD;
  }

  /** Returns their authority, for more certificates that the simulator accepts. */
  public CertificateAuthority authority() throws IOException {
    return new CertificateAuthority(IssuedCertificate.readPkcs12(authorityKey(), PASSWORD));
  }

  /** Returns a client certificate with its key, PKCS#12, good or bad; makes a missing one. */
  public Path keystore(ClientCertificate which) throws IOException {
    return made(which).resolve(which.fileName() + ".p12");
  }

  /** Returns the same certificate with its key, not encrypted, and its chain, PEM. */
  public Path pem(ClientCertificate which) throws IOException {
    return made(which).resolve(which.fileName() + ".pem");
  }

  /** Returns a server certificate with its key, PKCS#12, good or bad. */
  public Path keystore(ServerCertificate which) {
    return dir.resolve(which.fileName() + ".p12");
  }

  /** Returns the same certificate with its key, not encrypted, and its chain, PEM. */
  public Path pem(ServerCertificate which) {
    return dir.resolve(which.fileName() + ".pem");
  }

  /** Makes every missing certificate, also the bad ones. */
  public void makeAll() throws IOException {
    for (ClientCertificate each : ClientCertificate.values()) {
      made(each);
    }
    for (ServerCertificate each : ServerCertificate.values()) {
      make(each);
    }
  }

  /**
   * Makes the client certificates of these tenants, PKCS#12 and PEM, with the name as CN; good ones
   * from an earlier start are kept.
   */
  public void makeTenants(List<String> names) throws IOException {
    CertificateAuthority authority = authority();
    Instant needed = Instant.now().plus(RENEWAL);
    try {
      names.parallelStream().forEach(name -> make(name, authority, needed));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Returns the client certificate of a tenant with its key, PKCS#12; makes a missing one. */
  public Path tenant(String name) throws IOException {
    if (isMissing(tenantFile(name))) {
      makeTenants(List.of(name));
    }
    return dir.resolve(tenantFile(name) + ".p12");
  }

  private void make(String tenant, CertificateAuthority authority, Instant needed) {
    String file = tenantFile(tenant);
    try {
      if (!isUsable(dir.resolve(file + ".p12"), authority, needed) || isMissing(file)) {
        write(authority.issue(CertificateRequest.client(tenant)), file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String tenantFile(String tenant) {
    return "tenants/" + tenant;
  }

  /** Returns a TLS context that shows a server certificate and trusts the authority. */
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

  /** Makes the certificates that are missing or close to their expiry by the clock. */
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
      // made again when they are requested
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
