package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.http.RestClient;
import io.ensrelay.tls.Authority;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** REST and the broker through an HTTP proxy, whatever that one says. */
@Timeout(60)
class ProxyTest {
  private static final Authority CA = new Authority("Test CA");
  private static final String WHO = "HTTP/1.1 407 Who\r\nProxy-Authenticate: ";
  private static final String NO_BODY = "\r\nContent-Length: 0\r\n\r\n";

  @TempDir Path dir;

  @Test
  void letsRestAndTheBrokerThroughAndIsToldTheCredentialsAlone() throws IOException {
    try (ScriptedService service = ScriptedService.https(CA.server(CA.issue("localhost")));
        RawProxy proxy = RawProxy.to(service.port(), RawProxy.LETS_THROUGH)) {
      service.answers(ScriptedService.json("{}"));

      assertEquals("{}", get(proxy, Optional.of("me")));
      try (Dialer broker = broker(proxy, Optional.of("me"));
          SSLSocket socket = broker.dial()) {
        assertEquals("CN=localhost", socket.getSession().getPeerPrincipal().getName());
      }

      for (String head : proxy.heads()) {
        assertTrue(head.startsWith("CONNECT localhost:8883 HTTP/1.1\r\n"), head);
        assertTrue(head.contains("\r\nProxy-Authorization: Basic bWU6czNjcmV0\r\n"), head);
      }
      assertEquals(2, proxy.heads().size());
      assertEquals(null, service.requests().get(0).authorization());
    }
  }

  /** The answer of the proxy, and the messages about it for REST and for the broker. */
  static Stream<Arguments> refusals() {
    String wanted = "the proxy wants a user name and a password";
    return Stream.of(
        Arguments.of(WHO + "Basic realm=\"x\"" + NO_BODY, wanted, "ens.mqtt.proxy-username"),
        Arguments.of(WHO + "NTLM" + NO_BODY, "HTTP 407", "wants NTLM, but only Basic is supported"),
        Arguments.of("HTTP/1.1 407 Who\r\n\r\n", wanted, "ens.mqtt.proxy-username"),
        Arguments.of("HTTP/1.1 403 Never" + NO_BODY, "HTTP 403", "does not allow a connection to"),
        Arguments.of("HTTP/1.0 502 Gone\r\n\r\n<html>", "HTTP 502", "does not reach localhost"),
        Arguments.of("HTTP/1.1 302 Go\r\nLocation: /x" + NO_BODY, "HTTP 302", "with HTTP 302"),
        Arguments.of("SSH-2.0-OpenSSH_9.2\r\n", "failed to respond", "does not answer as an HTTP"),
        Arguments.of("\u0015\u0003\u0001\0\u0002\u0002\n", "failed to respond", "does not answer"),
        Arguments.of("", "failed to respond", "has closed the connection without an answer"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void reportsTheAnswerOfTheProxy(String answer, String ofRest, String ofBroker)
      throws IOException {
    try (RawProxy proxy = RawProxy.refusing(out -> send(out, answer))) {
      assertContains(ofRest, restFailure(proxy));
      assertContains(ofBroker, brokerFailure(proxy));
    }
  }

  /**
   * The beginning of the proxy's answer, the rest that it repeats for ever, and the message about
   * it.
   */
  static Stream<Arguments> endless() {
    String head = "the head of the answer is too large";
    String noEnd = "answers with a head that does not end";
    return Stream.of(
        Arguments.of("HTTP/1.1 200 OK\r\nX: ", "x", head, noEnd),
        Arguments.of("HTTP/1.1 200 OK\r\n", "X: y\r\n", head, noEnd),
        Arguments.of("HTTP/1.1 407 Who\r\n\r\n", "x", "HTTP 407", "HTTP 407"),
        Arguments.of("HTTP/1.1 403 Never\r\n\r\n", "x", "HTTP 403", "HTTP 403"),
        Arguments.of("", "\0", head, noEnd),
        Arguments.of("", "\r\n", head, "proxy"));
  }

  @ParameterizedTest
  @MethodSource("endless")
  void readsABoundedAnswerOfAProxyThatDoesNotEnd(
      String beginning, String part, String ofRest, String ofBroker) throws IOException {
    try (RawProxy proxy =
        RawProxy.refusing(
            out -> {
              send(out, beginning);
              while (true) {
                send(out, part.repeat(8192));
              }
            })) {
      assertContains(ofRest, restFailure(proxy));
      assertContains(ofBroker, brokerFailure(proxy));
    }
  }

  @Test
  void givesUpAProxyThatIsSilentBeforeOrAfterItsAnswer() throws IOException {
    for (String word : new String[] {"", "HTTP/1.1 2", RawProxy.LETS_THROUGH}) {
      try (RawProxy proxy =
          RawProxy.refusing(
              out -> {
                send(out, word);
                awaitNothing();
              })) {
        restFailure(proxy);
        assertContains("no answer within 1 s", brokerFailure(proxy));
      }
    }
  }

  /** Bytes behind the answer of the proxy are not the service's. */
  @Test
  void doesNotTakeBytesOfAProxyForTheServicesAnswer() throws IOException {
    try (ScriptedService service = ScriptedService.https(CA.server(CA.issue("localhost")));
        RawProxy proxy =
            RawProxy.to(
                service.port(),
                RawProxy.LETS_THROUGH + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")) {
      assertThrows(IOException.class, () -> get(proxy, Optional.empty()));
      assertThrows(IOException.class, () -> broker(proxy, Optional.empty()).dial());
    }
  }

  private IOException restFailure(RawProxy proxy) {
    IOException failure = assertThrows(IOException.class, () -> get(proxy, Optional.of("me")));
    assertFalse(failure.getMessage().contains("s3cret"), failure.getMessage());
    return failure;
  }

  private IOException brokerFailure(RawProxy proxy) throws IOException {
    Optional<String> nobody = Optional.empty();
    try (Dialer broker = broker(proxy, nobody)) {
      return assertInstanceOf(
          IOException.class, assertThrows(IOException.class, () -> broker.dial()));
    }
  }

  private static void assertContains(String expected, IOException failure) {
    String said = failure + "";
    assertTrue(said.contains(expected), said);
  }

  private String get(RawProxy proxy, Optional<String> user) throws IOException {
    RestClient rest = new RestClient(Duration.ofSeconds(2), Duration.ofSeconds(20));
    rest.setTls(tls());
    rest.setProxy(proxy.url());
    user.ifPresent(rest::setProxyUsername);
    user.ifPresent(name -> rest.setProxyPassword("s3cret"));
    HttpClientBuilder builder = HttpClientBuilder.create();
    rest.configureHttpClient(builder);
    try (CloseableHttpClient client = builder.build()) {
      return client.execute(
          new HttpGet("https://localhost:8883/x"),
          answer -> EntityUtils.toString(answer.getEntity()));
    }
  }

  private Dialer broker(RawProxy proxy, Optional<String> user) {
    return new Dialer(
        "ssl://localhost:8883",
        tls(),
        Optional.of(new HttpProxy("ens.mqtt", proxy.url(), user, user.map(name -> "s3cret"))),
        Dialer.Resolver.OF_THE_JVM,
        Duration.ofSeconds(1));
  }

  private TlsMaterial tls() {
    TlsMaterial tls = new TlsMaterial();
    Path keystore = dir.resolve("client.p12");
    tls.setKeystore(Authority.keystore(keystore, "PKCS12", CA.issue("me"), "x").toString());
    tls.setKeystorePassword("x");
    tls.setTruststore(Authority.pem(dir.resolve("ca.pem"), CA.certificate()).toString());
    return tls;
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static synchronized void awaitNothing() {
    try {
      ProxyTest.class.wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
