package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.Settings;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.simulator.IssuedCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
  void tellsTheTokenToNobodyWithAnotherCertificate() throws Exception {
    Path other = dir.resolve("other.p12");
    CertificateAuthority.create("other")
        .issue(CertificateRequest.server("console.example"))
        .writePkcs12(other, "secret");
    IOException refused =
        assertThrows(IOException.class, () -> status(Map.of(KEYSTORE, other.toString())));
    assertTrue(refused.getMessage().contains("another certificate"), refused.getMessage());
  }
}
