package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.http.RestClient;
import io.ensrelay.tls.Authority;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP client as it is configured, over real sockets. */
class RestClientTest {
  private static final Authority CA = new Authority("Test CA");

  @TempDir Path dir;

  @Test
  void goesThroughTheProxyAndKeepsTheCredentialsToItself() throws IOException {
    try (ScriptedService proxy = ScriptedService.http()) {
      proxy.answers(ScriptedService.json("{}"));
      RestClient rest = new RestClient();
      rest.setProxy("http://localhost:" + proxy.port());

      assertEquals("{}", get(rest, "http://nowhere.invalid/x"));
      assertEquals(null, proxy.requests().get(0).authorization());
    }
  }

  @Test
  void givesUpOnASilentService() {
    try (ScriptedService silent = ScriptedService.http()) {
      RestClient rest = new RestClient(Duration.ofMillis(300), Duration.ofSeconds(60));

      assertThrows(SocketTimeoutException.class, () -> get(rest, silent.url()));
    }
  }

  @Test
  void givesUpOnATricklingService() {
    try (ScriptedService slow = ScriptedService.http()) {
      slow.answers(ScriptedService.trickling(200));
      RestClient rest = new RestClient(Duration.ofSeconds(5), Duration.ofSeconds(1));

      IOException cut = assertThrows(IOException.class, () -> get(rest, slow.url()));
      assertTrue(
          cut.getMessage().matches("no whole answer from (localhost|127.0.0.1):\\d+ within 1 s"),
          cut.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<!DOCTYPE html><html>log in</html>", "\uFEFF\n <HTML>", "<?xml ?><html/>"})
  void saysThatAPageIsNotTheEventTypes(String page) {
    try (ScriptedService portal = ScriptedService.http()) {
      portal.answers(ScriptedService.status(200, Map.of("Content-Type", "text/html"), page));

      IOException e = assertThrows(IOException.class, () -> get(new RestClient(), portal.url()));
      assertTrue(
          e.getMessage().startsWith("The answer is an HTML page, not JSON: look at ens.api.url"),
          e.getMessage());
    }
  }

  @Test
  void followsNobodyElsewhere() throws IOException {
    try (ScriptedService service = ScriptedService.http()) {
      service.answers(
          ScriptedService.status(302, Map.of("Location", service.url() + "/other"), "moved"));

      assertEquals("moved", get(new RestClient(), service.url()));
      assertEquals(1, service.requests().size());
    }
  }

  @Test
  void refusesAServerWithAnotherNameOrAnotherAuthority() {
    RestClient rest = new RestClient();
    rest.setTls(client(CA));
    try (ScriptedService other = ScriptedService.https(CA.server(CA.issue("other.example")))) {
      assertThrows(SSLException.class, () -> get(rest, other.url()));
    }
    rest.setTls(client(new Authority("Other")));
    try (ScriptedService service = ScriptedService.https(CA.server(CA.issue("localhost")))) {
      assertThrows(SSLHandshakeException.class, () -> get(rest, service.url()));
    }
  }

  @Test
  void showsNoCredentials() {
    RestClient rest = new RestClient();
    rest.setUsername("me");
    rest.setPassword("s3cret");

    assertFalse(rest.toString().contains("s3cret"));
  }

  private TlsMaterial client(Authority trusted) {
    TlsMaterial tls = new TlsMaterial();
    Path keystore = dir.resolve("client.p12");
    tls.setKeystore(Authority.keystore(keystore, "PKCS12", CA.issue("me"), "x").toString());
    tls.setKeystorePassword("x");
    tls.setTruststore(Authority.pem(dir.resolve("ca.pem"), trusted.certificate()).toString());
    return tls;
  }

  private static String get(RestClient rest, String url) throws IOException {
    HttpClientBuilder builder = HttpClientBuilder.create();
    rest.configureHttpClient(builder);
    try (CloseableHttpClient client = builder.build()) {
      return client.execute(
          new HttpGet(url), response -> EntityUtils.toString(response.getEntity()));
    }
  }
}
