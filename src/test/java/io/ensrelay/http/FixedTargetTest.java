package io.ensrelay.http;

import static io.ensrelay.http.RawServer.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.net.InetAddress;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A configured URL arrives as it was written, over a route of which the URI is only a name. */
@Timeout(60)
class FixedTargetTest {
  private static final String NONE = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final WebhookClient client = new WebhookClient();

  @BeforeEach
  void start() {
    BoundedHttpComponent.register(camel);
    camel.getRegistry().bind("client", client);
    camel.start();
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/x?sig=Ab-C_d%2Bxyz%3D",
        "/x?b=1&a=2&b=%26&a=%252B",
        "/a%2Fb/%2e%2e/./../c//d",
        "/x?a=&b&=c&&d=",
        "/x?a=1&",
        "/x?",
        "/x?userAgent=me&httpMethod=GET&connectTimeout=5&authPassword=p&bridgeEndpoint=true",
        "/x?a|b^c`d{e}\"f<g>[h]'i\\j;k,l*m!n(o)~p$q@r:s",
        "/%zz%?%",
        "/x?RAW(a%2Bb)&#x3D;",
        "/{{no}}?x={{y}}",
        "/"
      })
  void isSentByteForByte(String target) throws Exception {
    try (RawServer server = server()) {
      client.setUrl("http://localhost:" + server.port() + target);

      assertNull(post().getException());

      assertEquals(List.of(target.replaceFirst("#.*", "")), server.targets());
      String head = server.heads().get(0);
      assertTrue(head.startsWith("POST "), head);
      assertTrue(head.contains("\r\nHost: localhost:" + server.port() + "\r\n"), head);
    }
  }

  @Test
  void hasAPathAndNoFragment() throws Exception {
    try (RawServer server = server()) {
      String host = "http://localhost:" + server.port();
      List<String> urls = List.of("", "?x=1", "/a#b?c", "#d");
      for (int i = 0; i < urls.size(); i++) {
        WebhookClient each = new WebhookClient();
        each.setUrl(host + urls.get(i));
        camel.getRegistry().bind("client" + i, each);
        assertNull(call("http:name" + i + "?httpClientConfigurer=#client" + i).getException());
      }
      assertEquals(List.of("/", "/?x=1", "/a", "/"), server.targets());
    }
  }

  @Test
  void canBeAnAddressOfTheSixthVersion() throws Exception {
    try (RawServer server = new RawServer(InetAddress.getByName("::1"), FixedTargetTest::ok)) {
      client.setUrl("http://[::1]:" + server.port() + "/x");
      assertNull(post().getException());
      String head = server.heads().get(0);
      assertTrue(head.contains("\r\nHost: [::1]:" + server.port() + "\r\n"), head);
    }
  }

  @Test
  void canHaveAnUnderscoreAndGoThroughAProxyThatWantsCredentials() throws Exception {
    try (RawServer proxy = server()) {
      client.setUrl("http://my_service:8080/x?sig=a%2Bb|c");
      client.setProxy("http://localhost:" + proxy.port());
      client.setProxyUsername("me");
      client.setProxyPassword("s3cret");

      assertNull(post().getException());

      assertEquals(List.of("http://my_service:8080/x?sig=a%2Bb|c"), proxy.targets());
      String head = proxy.heads().get(0);
      assertTrue(head.contains("\r\nHost: my_service:8080\r\n"), head);
      assertTrue(head.contains("\r\nProxy-Authorization: Basic bWU6czNjcmV0\r\n"), head);
    }
  }

  @Test
  void tellsTheProxyAtTheConnectAndTheEndpointNothing() throws Exception {
    try (RawServer proxy =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 403 Never\r\nContent-Length: 0\r\n\r\n");
              return true;
            })) {
      client.setUrl("https://my_service/x?sig=T0SECRET");
      client.setProxy("http://localhost:" + proxy.port());
      client.setProxyUsername("me");
      client.setProxyPassword("s3cret");

      Exception refused = post().getException();

      assertEquals("the proxy does not connect to the endpoint: HTTP 403", refused.getMessage());
      String head = proxy.heads().get(0);
      assertTrue(head.startsWith("CONNECT my_service:443 HTTP/1.1\r\n"), head);
      assertTrue(head.contains("\r\nProxy-Authorization: Basic bWU6czNjcmV0\r\n"), head);
    }
  }

  @Test
  void isNotReachedThroughAProxyThatWantsOtherCredentials() throws Exception {
    try (RawServer proxy =
        new RawServer(
            (n, out) -> {
              send(
                  out,
                  "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                      + "Content-Length: 0\r\n\r\n");
              return true;
            })) {
      client.setUrl("https://my_service/x?sig=T0SECRET");
      client.setProxy("http://localhost:" + proxy.port());

      String reason = post().getException().getMessage();

      assertTrue(reason.startsWith("HTTP 407: the proxy wants a user name and a password"), reason);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://host/T0SECRET",
        "host/T0SECRET",
        "http:host/T0SECRET",
        "http://me:T0SECRET@host/",
        "http://host:0/T0SECRET",
        "http://host:99999/T0SECRET",
        "http://host:x/T0SECRET",
        "http:///T0SECRET",
        "http://ho st/T0SECRET",
        "http://höst/T0SECRET",
        "http://[1.2.3.4]/T0SECRET",
        "http://host/T0SECRET x",
        "http://host/T0SECRETü",
        "http://host/T0SECRET\r\nX: y",
        "http://host/T0SECRET\u0000"
      })
  void isRefusedWhenHttpCanNotCarryItWithoutBeingShown(String url) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> FixedTarget.of(url), url);
    assertTrue(!e.getMessage().contains("T0SECRET"), e.getMessage());
  }

  private Exchange post() {
    return call("http:name?httpMethod=POST&httpClientConfigurer=#client&ignoreResponseBody=true");
  }

  private Exchange call(String endpoint) {
    Exchange exchange = camel.getEndpoint("direct:x").createExchange();
    exchange.getMessage().setBody("event");
    return camel.createProducerTemplate().send(endpoint, exchange);
  }

  private static RawServer server() {
    return new RawServer(FixedTargetTest::ok);
  }

  private static boolean ok(int request, OutputStream out) throws Exception {
    send(out, NONE);
    return true;
  }
}
