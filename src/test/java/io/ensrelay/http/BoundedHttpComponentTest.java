package io.ensrelay.http;

import static io.ensrelay.http.RawServer.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user's own {@code http:} route takes from an endpoint, and what it does not. */
@Timeout(60)
class BoundedHttpComponentTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String NONE = OK + "Content-Length: 0\r\n\r\n";

  private final DefaultCamelContext camel = new DefaultCamelContext();

  @BeforeEach
  void start() {
    BoundedHttpComponent.register(camel);
    camel.start();
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  @Test
  void givesUpALineOfTheHeadWithoutAnEnd() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "X: ");
              return endless(out, "x".repeat(8192));
            })) {
      failsWith(post(server, ""), "the head of the answer is too large: ");
    }
  }

  @Test
  void givesUpHeadersWithoutAnEnd() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK);
              return endless(out, "X: x\r\n".repeat(100));
            })) {
      failsWith(post(server, ""), "the head of the answer is too large: ");
    }
  }

  @Test
  void givesUpABodyWithoutAnEndAndItsConnection() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "\r\n");
              return endless(out, "x".repeat(8192));
            })) {
      failsWith(post(server, ""), "the answer is larger than ");
      failsWith(post(server, ""), "the answer is larger than ");
    }
  }

  @Test
  void givesUpABodyThatIsSmallOnlyAsLongAsItIsZipped() throws Exception {
    byte[] bomb = zipped(64 << 20);
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(
                  out,
                  OK + "Content-Encoding: gzip\r\nContent-Length: " + bomb.length + "\r\n\r\n");
              out.write(bomb);
              out.flush();
              return true;
            })) {
      failsWith(post(server, ""), "the answer is larger than ");
    }
  }

  @Test
  void unzipsABodyThatIsWanted() throws Exception {
    byte[] body = zipped(5);
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(
                  out,
                  OK + "Content-Encoding: gzip\r\nContent-Length: " + body.length + "\r\n\r\n");
              out.write(body);
              out.flush();
              return true;
            })) {
      for (int i = 0; i < 2; i++) {
        assertEquals("xxxxx", post(server, "").getMessage().getBody(String.class));
      }
      assertEquals(1, server.connections());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\r\n"
      })
  void takesAnEmptyBodyForEmptyInWhateverEncoding(String rest) throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "Content-Encoding: gzip\r\n" + rest);
              return false;
            })) {
      Exchange exchange = post(server, "");
      assertNull(exchange.getException());
      assertEquals("", exchange.getMessage().getBody(String.class));
    }
  }

  /** The next request would take it for its answer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n",
        "200 OK\r\nContent-Length: 2\r\n\r\nok and more",
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
        "204 None\r\n\r\nplain"
      })
  void takesNothingThatComesBehindAnAnswerForTheNextOne(String answer) throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 " + answer);
              return true;
            })) {
      for (int i = 1; i <= 3; i++) {
        assertNull(post(server, "").getException());
        assertEquals(i, server.heads().size());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000 None", "-20 Less", "20 Short", "OK"})
  void doesNotTakeForAnAnswerWhatHasNoStatus(String status) throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
              return false;
            })) {
      Exception failure = post(server, "").getException();
      assertTrue(failure instanceof IOException, failure + "");
    }
  }

  @Test
  void isNotKeptByRedirectsInACircle() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 307 Go\r\nLocation: /" + n % 3 + "\r\nContent-Length: 0\r\n\r\n");
              return true;
            })) {
      Exchange exchange = post(server, "?followRedirects=true");
      assertTrue(
          exchange.getException() instanceof IOException, exchange.getException().toString());
    }
  }

  /** After each of them the event is delivered, and the next one too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
        "Content-Encoding: br, nonsense, gzip, gzip, gzip, gzip\r\nContent-Length: 5\r\n\r\nplain",
        "Content-Length: 10\r\n\r\nshort",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: lots\r\n\r\nof it",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nof it",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\ngarbage",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        "Transfer-Encoding: sealed\r\n\r\nab",
        "Content-Type: \u0001;;;charset=no-such\r\nContent-Length: 2\r\n\r\nab",
        "Set-Cookie: ;;=;=\u0001; Expires=yesterday\r\nContent-Length: 0\r\n\r\n",
        "broken header\r\nContent-Length: 0\r\n\r\n"
      })
  void isDeliveredByTheStatusWhateverTheBodySays(String rest) throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + rest);
              return false;
            })) {
      for (int i = 0; i < 3; i++) {
        Exchange exchange = post(server, "?ignoreResponseBody=true&connectionsPerRoute=1");
        assertNull(exchange.getException());
        assertEquals(null, exchange.getMessage().getBody());
      }
    }
  }

  @Test
  void doesNotWaitForTheEndOfABodyThatNobodyWants() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "Content-Length: 100\r\n\r\nsome");
              return true;
            })) {
      assertNull(post(server, "?ignoreResponseBody=true").getException());
      assertNull(post(server, "?ignoreResponseBody=true").getException());
      assertEquals(2, server.connections());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2\r\nContent-Length: 2", "2, 2", "2\r\nContent-Length: 2 , 2"})
  @Timeout(20)
  void takesALengthThatIsSaidTwiceForOne(String length) throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "Content-Length: " + length + "\r\n\r\nab");
              return true;
            })) {
      for (int i = 0; i < 2; i++) {
        Exchange exchange = post(server, "");
        assertNull(exchange.getException());
        assertEquals("ab", exchange.getMessage().getBody(String.class));
      }
    }
  }

  @Test
  @Timeout(20)
  void doesNotWaitForTheEndOfARefusal() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 400 No\r\nContent-Length: 100\r\n\r\nno such field");
              return true;
            })) {
      HttpOperationFailedException refusal =
          (HttpOperationFailedException) post(server, "").getException();
      assertEquals(400, refusal.getStatusCode());
      assertEquals("no such field", refusal.getResponseBody());
    }
  }

  @Test
  void keepsTheBodyOfARefusalEvenWhereNoBodyIsWanted() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(
                  out,
                  "HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno such x");
              return true;
            })) {
      HttpOperationFailedException refusal =
          (HttpOperationFailedException) post(server, "?ignoreResponseBody=true").getException();
      assertEquals(400, refusal.getStatusCode());
      HttpOperationFailedException again =
          (HttpOperationFailedException) post(server, "").getException();
      assertEquals(400, again.getStatusCode());
    }
  }

  @Test
  void replacesAConnectionThatTheEndpointClosesAfterEachAnswer() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, NONE);
              return false;
            })) {
      for (int i = 1; i <= 50; i++) {
        assertNull(post(server, "").getException());
        assertEquals(i, server.heads().size());
      }
    }
  }

  @Test
  void replacesAllConnectionsThatTheEndpointHasClosedMeanwhile() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, NONE);
              return true;
            })) {
      assertNull(post(server, "").getException());
      server.cut();
      Exchange stream = exchange(new ByteArrayInputStream("of a stream".getBytes()));
      camel.createProducerTemplate().send(url(server, ""), stream);
      assertNull(stream.getException());
      assertEquals("of a stream", server.bodies().get(1));
    }
  }

  /** As balancers do with a connection that was idle for long. */
  @Test
  void takesNoFarewellForAnAnswer() throws Exception {
    String farewell = "HTTP/1.1 408 Late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, n == 2 ? farewell : NONE);
              return n != 2;
            })) {
      assertNull(post(server, "").getException());
      assertNull(post(server, "").getException());
      assertEquals(3, server.heads().size());
      assertEquals(2, server.connections());
    }
  }

  @Test
  void takesA408OfANewConnectionForAnAnswer() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n");
              return true;
            })) {
      assertTrue(post(server, "").getException() instanceof HttpOperationFailedException);
      assertEquals(1, server.heads().size());
      assertTrue(post(server, "").getException() instanceof HttpOperationFailedException);
      assertEquals(2, server.connections());
    }
  }

  @Test
  void doesNotSendAgainWhatANewConnectionHasNotAnswered() throws Exception {
    try (RawServer server = new RawServer((n, out) -> false)) {
      assertTrue(post(server, "").getException() instanceof IOException);
      assertEquals(1, server.heads().size());
    }
  }

  @Test
  void doesNotSendAgainWhatHasBeenAnsweredInPart() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, n == 1 ? NONE : "HTTP/1.1 2");
              return n == 1;
            })) {
      assertNull(post(server, "").getException());
      assertTrue(post(server, "").getException() instanceof IOException);
      assertEquals(2, server.heads().size());
    }
  }

  @Test
  void keepsNoCookies() throws Exception {
    try (RawServer server =
        new RawServer(
            (n, out) -> {
              send(out, OK + "Set-Cookie: a=" + n + "\r\nContent-Length: 0\r\n\r\n");
              return true;
            })) {
      post(server, "");
      post(server, "");
      assertTrue(server.heads().stream().noneMatch(head -> head.contains("Cookie")));
    }
  }

  @Test
  void reachesAHostWithAnUnderscore() throws Exception {
    try (RawServer proxy =
        new RawServer(
            (n, out) -> {
              send(out, NONE);
              return true;
            })) {
      String url = "http://my_service:8080/x/y?proxyHost=localhost&proxyPort=" + proxy.port();
      assertNull(camel.createProducerTemplate().send(url, exchange("event")).getException());
      assertEquals(List.of("http://my_service:8080/x/y"), proxy.targets());
    }
  }

  private Exchange post(RawServer server, String options) {
    Exchange exchange = exchange("event".getBytes(StandardCharsets.UTF_8));
    return camel.createProducerTemplate().send(url(server, options), exchange);
  }

  private static String url(RawServer server, String options) {
    return "http://localhost:" + server.port() + "/x" + options;
  }

  private Exchange exchange(Object body) {
    Exchange exchange = camel.getEndpoint("direct:x").createExchange();
    exchange.getMessage().setBody(body);
    return exchange;
  }

  private static void failsWith(Exchange exchange, String reason) {
    assertTrue(exchange.getException() instanceof IOException, exchange.getException() + "");
    assertTrue(exchange.getException().getMessage().contains(reason), exchange.getException() + "");
  }

  private static boolean endless(OutputStream out, String part) throws IOException {
    while (true) {
      send(out, part);
    }
  }

  private static byte[] zipped(int bytes) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      byte[] part = "x".repeat(Math.min(bytes, 1 << 16)).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < bytes; i += part.length) {
        gzip.write(part);
      }
    }
    return zipped.toByteArray();
  }
}
