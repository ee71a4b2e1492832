package io.ensrelay.destination;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A shipped destination that sends batches over HTTP, from the spool to a server on loopback. */
abstract class BatchRouteTest {
  @TempDir Path dir;

  /** Beside the usual ones; blank takes one away. */
  final Map<String, String> settings = new TreeMap<>();

  RunningDestination relay;
  private final String destination;
  private final Map<String, String> usual;

  BatchRouteTest(String destination, Map<String, String> usual) {
    this.destination = destination;
    this.usual = usual;
  }

  abstract HttpStub server();

  @AfterEach
  void close() {
    if (relay != null) {
      relay.close();
    }
    server().close();
  }

  void start() throws Exception {
    server().start();
    connect();
  }

  /** The server is away. */
  void connect() throws Exception {
    relay = new RunningDestination(dir.resolve("data"), List.of(file()), keys());
  }

  /** Runs the example of the page beside the shipped destination. */
  void startWithTheExample(Map<String, String> itsKeys) throws Exception {
    String page =
        Files.readString(
            Path.of("docs/destinations/" + destination + ".md"), StandardCharsets.UTF_8);
    String route = page.substring(page.indexOf("```yaml\n") + 8);
    Path example =
        Files.writeString(
            dir.resolve("second.camel.yaml"), route.substring(0, route.indexOf("```")));
    server().start();
    Map<String, String> all = keys();
    all.putAll(itsKeys);
    relay = new RunningDestination(dir.resolve("data"), List.of(file(), example.toString()), all);
  }

  private String file() {
    return "routes/destinations/" + destination + ".camel.yaml";
  }

  private Map<String, String> keys() {
    Map<String, String> all = new TreeMap<>();
    String prefix = "ens.destination." + destination + ".";
    all.put(prefix + "enabled", "true");
    all.put(prefix + "url", server().url());
    usual.forEach((key, value) -> all.put(prefix + key, value));
    settings.forEach((key, value) -> all.put(prefix + key, value));
    return all;
  }
}
