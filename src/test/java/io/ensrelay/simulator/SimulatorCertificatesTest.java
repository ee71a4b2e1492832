package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorCertificatesTest {
  private static final Clock NOW = Clock.systemUTC();

  @TempDir Path dir;

  @Test
  void usesTheFilesOfTheLastStart() throws Exception {
    SimulatorCertificates first = SimulatorCertificates.prepare(dir, NOW);
    List<byte[]> before = contents();

    SimulatorCertificates.prepare(dir, NOW);

    List<byte[]> after = contents();
    assertEquals(7, before.size());
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), after.get(i));
    }
    assertTrue(Files.exists(first.ca()));
  }

  @Test
  void renewsWhatExpiresWithinSevenDaysAndKeepsTheAuthority() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    X509Certificate authority = certificates.authority().certificate();
    X509Certificate client = client(certificates);
    Instant expiry = client.getNotAfter().toInstant();

    SimulatorCertificates.prepare(dir, at(expiry.minus(Duration.ofDays(8))));
    assertEquals(client, client(certificates));

    SimulatorCertificates.prepare(dir, at(expiry.minus(Duration.ofDays(6))));
    assertNotEquals(client, client(certificates));
    assertEquals(authority, certificates.authority().certificate());
  }

  @Test
  void makesAllAnewWhenTheAuthorityExpires() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    X509Certificate authority = certificates.authority().certificate();

    SimulatorCertificates.prepare(
        dir, at(authority.getNotAfter().toInstant().minus(Duration.ofDays(1))));

    X509Certificate anew = certificates.authority().certificate();
    assertNotEquals(authority, anew);
    client(certificates).verify(anew.getPublicKey());
  }

  @Test
  void replacesADamagedFile() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    Files.writeString(certificates.client(), "half a file");

    SimulatorCertificates.prepare(dir, NOW);

    client(certificates).verify(certificates.authority().certificate().getPublicKey());
  }

  @Test
  void keepsFilesFromOtherUsers() throws Exception {
    assumeTrue(Files.getFileStore(dir).supportsFileAttributeView("posix"));
    SimulatorCertificates.prepare(dir, NOW);

    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        assertEquals(
            "rw-------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
            file.toString());
      }
    }
  }

  @Test
  void writesTheClientAsPemWithItsChain() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    String pem = Files.readString(certificates.clientPem());

    assertTrue(pem.startsWith("-----BEGIN PRIVATE KEY-----"), pem);
    assertEquals(3, pem.split("-----BEGIN CERTIFICATE-----", -1).length, pem);
  }

  @Test
  void encryptsThePemKeyWithAPassword() throws Exception {
    Path file = dir.resolve("key.pem");
    CertificateAuthority.create("CA")
        .issue(CertificateRequest.client("device"))
        .writePem(file, "secret");

    assertTrue(Files.readString(file).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  }

  @Test
  void opensAKeyStoreWithItsPasswordOnly() throws Exception {
    Path file = dir.resolve("key.p12");
    IssuedCertificate issued =
        CertificateAuthority.create("CA").issue(CertificateRequest.client("device"));
    issued.writePkcs12(file, "secret");

    assertEquals(issued.chain(), IssuedCertificate.readPkcs12(file, "secret").chain());
    assertThrows(IOException.class, () -> IssuedCertificate.readPkcs12(file, "wrong"));
  }

  @Test
  void issuesForNamesAndAddresses() throws Exception {
    X509Certificate certificate =
        CertificateAuthority.create("CA")
            .issue(CertificateRequest.server("here", "localhost", "127.0.0.1", "::1"))
            .certificate();

    assertEquals("CN=here", certificate.getSubjectX500Principal().getName());
    assertEquals(
        Set.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"),
        certificate.getSubjectAlternativeNames().stream()
            .map(name -> name.get(1).toString())
            .collect(Collectors.toSet()));
  }

  @Test
  void issuesAnExpiredCertificate() {
    Instant now = Instant.now();
    X509Certificate certificate =
        CertificateAuthority.create("CA")
            .issue(
                CertificateRequest.client("late")
                    .valid(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1))))
            .certificate();

    assertThrows(CertificateExpiredException.class, certificate::checkValidity);
  }

  @Test
  void makesEveryKindInBothForms() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    certificates.makeAll();

    for (ClientCertificate each : ClientCertificate.values()) {
      assertSame(certificates.keystore(each), certificates.pem(each));
    }
    for (ServerCertificate each : ServerCertificate.values()) {
      assertSame(certificates.keystore(each), certificates.pem(each));
    }
    assertEquals(certificates.client(), certificates.keystore(ClientCertificate.GOOD));
    assertEquals(certificates.clientPem(), certificates.pem(ClientCertificate.GOOD));
    List<byte[]> before = contents();
    certificates.makeAll();
    assertEquals(before.size(), contents().size());
  }

  private static void assertSame(Path keystore, Path pem) throws Exception {
    X509Certificate certificate =
        IssuedCertificate.readPkcs12(keystore, SimulatorCertificates.PASSWORD).certificate();
    String text = Files.readString(pem);
    byte[] chain = text.substring(text.indexOf("-----BEGIN CERTIFICATE")).getBytes();
    assertEquals(
        certificate,
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(chain)));
  }

  @Test
  void isUnknownToThoseWhoTrustAnotherAuthority() throws Exception {
    CertificateAuthority known = CertificateAuthority.create("CA");
    CertificateAuthority unknown = CertificateAuthority.create("CA");
    X509Certificate certificate =
        unknown.issue(CertificateRequest.client("stranger")).certificate();

    certificate.verify(unknown.certificate().getPublicKey());
    assertThrows(
        GeneralSecurityException.class,
        () -> certificate.verify(known.certificate().getPublicKey()));
  }

  @Test
  void refusesAValidityThatEndsBeforeItBegins() {
    Instant now = Instant.now();

    assertThrows(
        IllegalArgumentException.class,
        () -> CertificateRequest.client("never").valid(now, now.minusSeconds(1)));
  }

  @Test
  void trustsTheAuthorityButHoldsNoKeyInTheTrustStore() throws Exception {
    SimulatorCertificates certificates = SimulatorCertificates.prepare(dir, NOW);
    KeyStore truststore =
        KeyStore.getInstance(
            certificates.truststore().toFile(), certificates.password().toCharArray());

    assertEquals(1, truststore.size());
    String alias = truststore.aliases().nextElement();
    assertFalse(truststore.isKeyEntry(alias));
    assertEquals(certificates.authority().certificate(), truststore.getCertificate(alias));
  }

  private static X509Certificate client(SimulatorCertificates certificates) throws IOException {
    return IssuedCertificate.readPkcs12(certificates.client(), certificates.password())
        .certificate();
  }

  private static Clock at(Instant time) {
    return Clock.fixed(time, ZoneOffset.UTC);
  }

  private List<byte[]> contents() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      List<byte[]> contents = new java.util.ArrayList<>();
      for (Path file : files.sorted().toList()) {
        contents.add(Files.readAllBytes(file));
      }
      return contents;
    }
  }
}
