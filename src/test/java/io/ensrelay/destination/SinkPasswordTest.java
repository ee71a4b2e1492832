package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A password of any characters reaches the server as it is, by the shipped route and kamelet. The
 * same for the other sinks: BrokerDeliveryTest, KafkaDeliveryTest, SqlSinkTest, SyslogSinkTest.
 */
class SinkPasswordTest {
  private static final String BASIC =
      "Basic "
          + Base64.getEncoder()
              .encodeToString(("me:" + JmsBroker.ODD).getBytes(StandardCharsets.UTF_8));

  @TempDir Path dir;

  private static final class Yes extends HttpStub {
    @Override
    Answer answer(Request request) {
      return new Answer(200, "{\"code\":0,\"items\":[{\"create\":{\"status\":201}}]}");
    }
  }

  @Test
  void ofAWebhook() throws Exception {
    assertEquals(BASIC, sent("webhook", "Authorization", "", Map.of()));
  }

  @Test
  void ofElastic() throws Exception {
    assertEquals(BASIC, sent("elastic", "Authorization", "", Map.of("index", "events")));
  }

  @Test
  void ofTheProxyToSplunk() throws Exception {
    assertEquals(BASIC, sent("splunk", "Proxy-authorization", "proxy-", Map.of("token", "secret")));
  }

  /** Returns a header of the first request; with a prefix, the server is the proxy. */
  private String sent(String name, String header, String prefix, Map<String, String> more)
      throws Exception {
    try (HttpStub server = new Yes()) {
      server.start();
      Map<String, String> keys = new HashMap<>(more);
      keys.put("enabled", "true");
      keys.put("url", prefix.isEmpty() ? server.url() : "http://server.invalid");
      keys.put(prefix + "username", "me");
      keys.put(prefix + "password", JmsBroker.ODD);
      if (!prefix.isEmpty()) {
        keys.put("proxy", server.url());
      }
      Map<String, String> settings = new HashMap<>();
      keys.forEach((key, value) -> settings.put("ens.destination." + name + "." + key, value));
      String file = "routes/destinations/" + name + ".camel.yaml";
      try (RunningDestination relay = new RunningDestination(dir, List.of(file), settings)) {
        relay.store(relay.events(1, 1));
        relay.awaitDelivered(name, 1);
      }
      return server.requests().get(0).header(header);
    }
  }
}
