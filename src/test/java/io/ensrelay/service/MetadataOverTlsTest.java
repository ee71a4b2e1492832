package io.ensrelay.service;

import static io.ensrelay.service.MetadataRouteTest.topics;
import static io.ensrelay.service.ScriptedService.status;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.ensrelay.tls.Authority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.apache.camel.test.main.junit5.ReplaceInRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stage 1 with a client certificate and Basic, whose passwords hold whatever people think of. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = "camel.main.routesIncludePattern=" + OneTenant.METADATA,
    shutdownTimeout = 30)
class MetadataOverTlsTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Authority CA = new Authority("Test CA");
  private static final String PASSWORD = "#p\"a,s(s)%20&'$1?x=ü\\ö:end";
  private static final String ASCII = PASSWORD.replaceAll("[^\\x20-\\x7e]", "");

  private final ScriptedService service = ScriptedService.https(CA.server(CA.issue("localhost")));
  private final RecordedLog log = new RecordedLog();
  private Map<String, String> settings = Map.of();
  @ReplaceInRegistry RecordedSession ensSession = new RecordedSession();

  @Configure
  void connect(MainConfigurationProperties main) throws IOException {
    OneTenant.write();
    Path dir = Files.createTempDirectory("metadata");
    Path keystore = dir.resolve("client.p12");
    settings =
        Map.of(
            "ens.api.url",
            service.url(),
            "ens.data.dir",
            dir.toString(),
            "ens.api.username",
            "me@example.com",
            "ens.api.password",
            PASSWORD,
            "ens.tls.keystore",
            Authority.keystore(keystore, "PKCS12", CA.issue("me"), ASCII).toString(),
            "ens.tls.keystore-password",
            ASCII,
            "ens.tls.truststore",
            Authority.pem(dir.resolve("ca"), CA.certificate()).toString(),
            "ens.tls.truststore-password",
            "",
            "ens.tls.protocols",
            "TLSv1.2");
    settings.forEach(System::setProperty);
  }

  @AfterEach
  void close() {
    settings.keySet().forEach(System::clearProperty);
    service.close();
    log.close();
  }

  @Test
  void showsCertificateAndCredentialsAtOnceAndLogsNoSecret() {
    service.answers(status(403, Map.of(), ""), topics("wiped"));

    await().atMost(BOUND).until(() -> ensSession.wanted().size() == 1);

    String basic =
        Base64.getEncoder()
            .encodeToString(("me@example.com:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    assertEquals("Basic " + basic, service.requests().get(0).authorization());
    String warnings = String.join("\n", log.lines(Level.WARN));
    assertTrue(warnings.contains("HTTP 403, the user needs the CPS role"), warnings);
    String everything = String.join("\n", log.lines(Level.INFO));
    assertFalse(everything.contains(PASSWORD) || everything.contains(basic), everything);
  }

  @Test
  void usesACertificateReplacedOnDiskAtTheNextCall() {
    service.answers(status(500, Map.of(), ""));
    await()
        .atMost(BOUND)
        .until(() -> log.lines(Level.WARN).stream().anyMatch(line -> line.contains("HTTP 500")));

    Authority.keystore(
        Path.of(settings.get("ens.tls.keystore")), "PKCS12", CA.issue("me-too"), ASCII);
    service.answers(topics("wiped"));

    await().atMost(BOUND).until(() -> ensSession.wanted().size() == 1);
    await()
        .atMost(BOUND)
        .until(
            () ->
                log.lines(Level.INFO).stream()
                    .anyMatch(line -> line.startsWith("The certificates have")));
  }
}
