package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Certificates that are no good, stop being good, or are renewed. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CertificateIT {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path dir;

  /** What the other side refuses, or shows, although the relay has been well before. */
  enum Bad {
    CLIENT_OF_A_FOREIGN_AUTHORITY,
    SERVER_OF_A_FOREIGN_AUTHORITY,
    SERVER_OF_ANOTHER_HOST
  }

  @ParameterizedTest
  @CsvSource({
    "expired.p12, changeit, expired at",
    "early.p12, changeit, is not valid before",
    "client.p12, wrong, ens.tls.keystore-password",
    "truststore.p12, changeit, has no private key",
    "ca.pem, changeit, has no private key",
    "text.p12, changeit, is not a keystore",
    "none.p12, changeit, no such file"
  })
  void saysInALineWhatIsWrongWithAFile(String file, String password, String expected)
      throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      Certificates certificates = scene.broker.certificates();
      Instant now = Instant.now();
      certificates
          .authority()
          .issue(CertificateRequest.client("cps-user").valid(now.minus(DAY), now.minusSeconds(1)))
          .writePkcs12(certificates.dir().resolve("expired.p12"), Certificates.PASSWORD);
      certificates
          .authority()
          .issue(
              CertificateRequest.client("cps-user").valid(now.plus(DAY), now.plus(DAY).plus(DAY)))
          .writePkcs12(certificates.dir().resolve("early.p12"), Certificates.PASSWORD);
      Files.writeString(certificates.dir().resolve("text.p12"), "hello");
      scene
          .relay
          .set("ens.tls.keystore", certificates.dir().resolve(file))
          .set("ens.tls.keystore-password", password);
      scene.relay.start();
      assertEquals(2, scene.relay.awaitEnd());
      String said = scene.relay.logText();
      assertTrue(said.startsWith("ens-relay: ens.tls.keystore"), said);
      assertTrue(said.contains(expected), said);
      assertEquals(1, said.lines().count(), said);
    }
  }

  @ParameterizedTest
  @EnumSource
  @LongForm
  void takesUpEverythingOnceTheCertificateIsGood(Bad bad) throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      scene.begin();
      scene.relay.term();
      spoil(scene.broker, bad);
      scene.relay.start();
      scene.relay.awaitLog("rying again");
      long before = scene.archive.follow().count();
      TimeUnit.SECONDS.sleep(3);
      assertEquals(before, scene.archive.follow().count(), "came in spite of it");
      repair(scene.broker, bad);
      scene.recovered();
      scene.assertPerfect(
          scene.settle(
              "certificate: " + bad.name().toLowerCase().replace('_', ' ') + ", then good", 1));
    }
  }

  @Test
  @LongForm
  void takesUpEverythingWhenTheCertificateExpiredAndIsRenewed() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      Instant end = Instant.now().plusSeconds(20);
      Certificates certificates = scene.broker.certificates();
      certificates
          .authority()
          .issue(CertificateRequest.client("cps-user").valid(end.minus(DAY), end))
          .writePkcs12(certificates.dir().resolve("short.p12"), Certificates.PASSWORD);
      scene.relay.set("ens.tls.keystore", certificates.dir().resolve("short.p12"));
      scene.begin();
      Awaitility.await("its end")
          .atMost(Scale.PATIENCE)
          .until(() -> Instant.now().isAfter(end.plusSeconds(1)));
      // anew, for a TLS session that goes on does not show the certificate again
      scene.broker.stop();
      scene.broker.start();
      scene.relay.awaitLog("is expired for it");
      Files.copy(
          certificates.client(),
          certificates.dir().resolve("short.p12"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      scene.recovered();
      scene.assertPerfect(scene.settle("certificate expires while running, then renewed", 1));
    }
  }

  @Test
  void usesARenewedCertificateFromTheNextConnectOn() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      scene.begin();
      Certificates certificates = scene.broker.certificates();
      certificates
          .authority()
          .issue(CertificateRequest.client("renewed"))
          .writePkcs12(certificates.client(), Certificates.PASSWORD);
      scene.link.cut();
      scene.link.mend();
      scene.recovered();
      scene.assertPerfect(scene.settle("certificate replaced on disk while running", 1));
      if (scene.broker instanceof Mosquitto mosquitto) {
        assertTrue(mosquitto.log().contains("as relay (p2, c0, k5, u'renewed')"), mosquitto.log());
      }
    }
  }

  private static void spoil(Broker broker, Bad bad) throws Exception {
    Certificates certificates = broker.certificates();
    CertificateAuthority foreign = CertificateAuthority.create("foreign CA");
    CertificateRequest client = CertificateRequest.client("cps-user");
    CertificateRequest server = CertificateRequest.server("localhost", "localhost", "127.0.0.1");
    switch (bad) {
      case CLIENT_OF_A_FOREIGN_AUTHORITY -> writeClient(certificates, foreign, client);
      case SERVER_OF_A_FOREIGN_AUTHORITY -> {
        broker.stop();
        certificates.writeServer(foreign, server);
        broker.start();
      }
      case SERVER_OF_ANOTHER_HOST -> {
        broker.stop();
        certificates.writeServer(
            certificates.authority(), CertificateRequest.server("other", "other.example"));
        broker.start();
      }
      default -> throw new IllegalArgumentException(bad.name());
    }
  }

  private static void repair(Broker broker, Bad bad) throws Exception {
    Certificates certificates = broker.certificates();
    if (bad.name().startsWith("CLIENT")) {
      writeClient(certificates, certificates.authority(), CertificateRequest.client("cps-user"));
    } else {
      broker.stop();
      certificates.writeServer(
          certificates.authority(),
          CertificateRequest.server("localhost", "localhost", "127.0.0.1"));
      broker.start();
    }
  }

  private static void writeClient(
      Certificates certificates, CertificateAuthority authority, CertificateRequest request)
      throws IOException {
    authority.issue(request).writePkcs12(certificates.client(), Certificates.PASSWORD);
  }
}
