package io.ensrelay.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.simulator.IssuedCertificate;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sender sends, byte for byte, and how it takes answers. */
class HttpSenderTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok";

  @TempDir Path dir;

  private final WebhookClient settings = new WebhookClient();
  private final List<HttpSender> senders = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (HttpSender each : senders) {
      each.close();
    }
  }

  private HttpSender sender() {
    HttpSender sender = new HttpSender(settings, HttpSender.USUAL_SILENCE, HttpSender.Answers.BODY);
    senders.add(sender);
    return sender;
  }

  @Test
  void sendsUrlHeadersAndBodyAsTheyAre() throws Exception {
    try (RawServer server = answering(OK)) {
      settings.setUrl(url(server) + "/a%2Fb?sig=x%2By&&c=*,#fragment");

      HttpSender.Reply reply =
          sender().send("PUT", Map.of("Content-Type", "text/x"), "body ü".getBytes(UTF_8));

      assertEquals("/a%2Fb?sig=x%2By&&c=*,", server.targets().get(0));
      assertTrue(server.heads().get(0).startsWith("PUT "), server.heads().get(0));
      assertTrue(server.heads().get(0).contains("Content-Type: text/x\r\n"));
      assertFalse(server.heads().get(0).contains("Authorization"));
      assertEquals("body ü", server.bodies().get(0));
      assertEquals(200, reply.status());
      assertEquals("ok", reply.body());
      assertEquals("1", reply.headers().get("x-a"));
    }
  }

  @Test
  void sendsToAPathBelowTheUrlOnAKeptConnection() throws Exception {
    try (RawServer server = answering(OK)) {
      settings.setUrl(url(server) + "/base/");

      HttpSender sender = sender();
      for (int i = 0; i < 3; i++) {
        sender.send("POST", "/x/_bulk?filter_path=a.*.b,c", Map.of(), new byte[] {1});
      }

      assertEquals("/base/x/_bulk?filter_path=a.*.b,c", server.targets().get(2));
      assertEquals(1, server.connections());
    }
  }

  @Test
  void sendsATokenOrAUser() throws Exception {
    try (RawServer server = answering(OK)) {
      settings.setUrl(url(server));
      settings.setUsername("relay");
      settings.setPassword("s3cret");
      sender().send("GET", Map.of(), new byte[0]);
      settings.setUsername("");
      settings.setPassword("");
      settings.authorize("token", "Splunk", "a+b=");
      sender().send("GET", Map.of(), new byte[0]);

      assertTrue(server.heads().get(0).contains("Authorization: Basic cmVsYXk6czNjcmV0\r\n"));
      assertTrue(server.heads().get(1).contains("Authorization: Splunk a+b=\r\n"));
      assertFalse(settings.toString().contains("a+b="));
    }
  }

  @Test
  void reportsARefusalWithItsHeadersAndBodyButWithoutThePath() throws Exception {
    try (RawServer server =
        answering("HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nlate")) {
      settings.setUrl(url(server) + "/T0SECRET");

      HttpOperationFailedException e =
          assertThrows(
              HttpOperationFailedException.class,
              () -> sender().send("POST", Map.of(), new byte[1]));

      assertEquals(429, e.getStatusCode());
      assertEquals("late", e.getResponseBody());
      assertEquals(Optional.of(Duration.ofSeconds(7)), RetryAfter.of(e, Instant.now()));
      assertFalse(e.toString().contains("T0SECRET"), e.toString());
      assertEquals(1, server.heads().size());
    }
  }

  @Test
  void followsNoRedirect() throws Exception {
    try (RawServer server =
        answering("HTTP/1.1 302 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) {
      settings.setUrl(url(server));

      HttpOperationFailedException e =
          assertThrows(
              HttpOperationFailedException.class,
              () -> sender().send("POST", Map.of(), new byte[1]));

      assertEquals(302, e.getStatusCode());
      assertEquals(1, server.heads().size());
    }
  }

  @Test
  void refusesAnAnswerWithoutEnd() throws Exception {
    byte[] part = "x".repeat(1 << 16).getBytes(UTF_8);
    try (RawServer server =
        new RawServer(
            (request, out) -> {
              RawServer.send(out, "HTTP/1.1 200 OK\r\n\r\n");
              writeForEver(out, part);
              return false;
            })) {
      settings.setUrl(url(server));

      assertThrows(
          AnswerTooLargeException.class, () -> sender().send("POST", Map.of(), new byte[1]));
    }
  }

  @Test
  void trustsOnlyTheAuthoritiesOfTheTruststore() throws Exception {
    CertificateAuthority authority = CertificateAuthority.create("private CA");
    IssuedCertificate certificate =
        authority.issue(CertificateRequest.server("localhost", "localhost"));
    authority.writePem(dir.resolve("ca.pem"));
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.setHttpsConfigurator(new HttpsConfigurator(context(certificate)));
    server.createContext(
        "/",
        call -> {
          call.sendResponseHeaders(204, -1);
          call.close();
        });
    server.start();
    try {
      String url = "https://localhost:" + server.getAddress().getPort();
      settings.setUrl(url);
      TlsMaterial tls = new TlsMaterial();
      tls.setTruststore(dir.resolve("ca.pem").toString());
      assertThrows(SSLException.class, () -> sender().send("POST", Map.of(), new byte[1]));
      settings.setTls(tls);

      assertEquals(204, sender().send("POST", Map.of(), new byte[1]).status());
    } finally {
      server.stop(0);
    }
  }

  @Test
  void goesThroughAProxy() throws Exception {
    try (RawServer proxy = answering(OK)) {
      settings.setUrl("http://collector.invalid:8088/a?b=%2B");
      settings.setProxy(url(proxy));
      settings.setProxyUsername("me");
      settings.setProxyPassword("pw");

      sender().send("POST", Map.of(), new byte[1]);

      assertEquals("http://collector.invalid:8088/a?b=%2B", proxy.targets().get(0));
      assertTrue(proxy.heads().get(0).contains("Proxy-Authorization: Basic bWU6cHc="));
    }
  }

  @Test
  void refusesAUrlThatHttpCannotCarry() {
    settings.setUrl("https://u:s3cret@host/x");

    ConfigurationException e = assertThrows(ConfigurationException.class, this::sender);

    assertFalse(e.getMessage().contains("s3cret"));
  }

  private static SSLContext context(IssuedCertificate certificate) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "key", certificate.key(), new char[0], certificate.chain().toArray(Certificate[]::new));
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private static void writeForEver(OutputStream out, byte[] part) throws IOException {
    while (true) {
      out.write(part);
    }
  }

  private static RawServer answering(String answer) {
    return new RawServer(
        (request, out) -> {
          RawServer.send(out, answer);
          return true;
        });
  }

  private static String url(RawServer server) {
    return "http://localhost:" + server.port();
  }
}
