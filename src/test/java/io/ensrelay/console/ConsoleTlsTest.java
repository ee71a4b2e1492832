package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.Settings;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.simulator.IssuedCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console over HTTPS, called by the commands. */
class ConsoleTlsTest {
  private static final String KEYSTORE = "ens.http.tls.keystore";
  private static final String PASSWORD = "ens.http.tls.keystore-password";

  @TempDir static Path dir;
  private static IssuedCertificate own;
  private static RunningRelay relay;

  @BeforeAll
  static void start() throws Exception {
    own = CertificateAuthority.create("own").issue(CertificateRequest.server("console.example"));
    Path keystore = dir.resolve("console.p12");
    own.writePkcs12(keystore, "secret");
    relay =
        new RunningRelay(
            Files.createDirectories(dir.resolve("relay")),
            Map.of(KEYSTORE, keystore.toString(), PASSWORD, "secret"));
  }

  @AfterAll
  static void stop() throws Exception {
    relay.close();
  }

  private static JsonNode status(Map<String, String> more) throws IOException {
    Properties given = new Properties();
    given.putAll(relay.settings());
    given.putAll(more);
    try (RelayAccess access =
        RelayAccess.open(Settings.load(dir.resolve("none.properties"), Map.of(), given))) {
      return access.get("/api/status");
    }
  }

  @Test
  void answersACommandOverTls() throws Exception {
    assertTrue(relay.url().startsWith("https://"), relay.url());
    assertEquals("default", status(Map.of()).path("tenant").asText());
  }

  @Test
  void takesTheSameCertificateAsPem() throws Exception {
    Path pem = dir.resolve("console.pem");
    own.writePem(pem, "secret");
    assertEquals("default", status(Map.of(KEYSTORE, pem.toString())).path("tenant").asText());
  }

  @Test
  void showsTheServerKeyOfAKeystoreThatHoldsAClientKeyWhichIsValidForLonger() throws Exception {
    Instant now = Instant.now();
    IssuedCertificate client =
        CertificateAuthority.create("own")
            .issue(
                CertificateRequest.client("somebody")
                    .valid(now.minusSeconds(60), now.plus(Duration.ofDays(3000))));
    KeyStore both = KeyStore.getInstance("PKCS12");
    both.load(null, null);
    for (IssuedCertificate each : List.of(client, own)) {
      both.setKeyEntry(
          each.certificate().getSubjectX500Principal().getName(),
          each.key(),
          "secret".toCharArray(),
          each.chain().toArray(X509Certificate[]::new));
    }
    Path file = dir.resolve("both.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      both.store(out, "secret".toCharArray());
    }
    assertEquals(Optional.of(own.certificate()), settings(file).tls("ens.http.tls").certificate());
  }

  @Test
  void speaksOfNoClientCertificateWhereTheRelayIsTheServer() throws Exception {
    Instant now = Instant.now();
    Path file = dir.resolve("expired.p12");
    CertificateAuthority.create("own")
        .issue(
            CertificateRequest.server("console.example")
                .valid(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1))))
        .writePkcs12(file, "secret");
    for (Path wrong : List.of(file, dir.resolve("none.p12"))) {
      String message =
          assertThrows(
                  ConfigurationException.class,
                  () -> settings(wrong).tls("ens.http.tls").certificate())
              .getMessage();
      assertFalse(message.contains("client"), message);
    }
  }

  private static Settings settings(Path keystore) throws IOException {
    Properties given = new Properties();
    given.putAll(relay.settings());
    given.put(KEYSTORE, keystore.toString());
    return Settings.load(dir.resolve("none.properties"), Map.of(), given);
  }

  @Test
  void sendsTheTokenToNoServerWithAnotherCertificate() throws Exception {
    Path other = dir.resolve("other.p12");
    CertificateAuthority.create("other")
        .issue(CertificateRequest.server("console.example"))
        .writePkcs12(other, "secret");
    IOException refused =
        assertThrows(IOException.class, () -> status(Map.of(KEYSTORE, other.toString())));
    assertTrue(refused.getMessage().contains("another certificate"), refused.getMessage());
  }
}
