package io.ensrelay.runtime;

import static org.awaitility.Awaitility.await;

import io.ensrelay.config.Settings;
import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** A running Camel whose destinations a test edits, with a spool and without a service. */
final class EditedRelay implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(60);

  private final Path dir;
  private final Main camel = new Main();
  private final EventSplitter splitter = new EventSplitter("default");
  private final RouteProblems problems = new RouteProblems();
  private RouteWatch watch;
  private int stored;

  /** Not started, so that a test can write the files first. */
  EditedRelay(Path dir) throws Exception {
    this.dir = dir;
    Files.createDirectories(dir.resolve("routes/destinations"));
    Files.createDirectories(dir.resolve("routes/kamelets"));
    copy("errors.camel.yaml");
    copy("kamelets/ens-events-source.kamelet.yaml");
    Files.writeString(dir.resolve("application.properties"), "ens.tenant=default\n");
  }

  private void copy(String file) throws Exception {
    Files.copy(Path.of("routes", file), dir.resolve("routes").resolve(file));
  }

  void start() throws Exception {
    Properties options = new Properties();
    options.setProperty("ens.data.dir", dir.resolve("data").toString());
    options.setProperty("ens.tenants.dir", dir.resolve("tenants").toString());
    options.setProperty(
        "camel.main.routesIncludePattern",
        "file:%s/routes/*.camel.yaml,file:%s/routes/destinations/*.camel.yaml".formatted(dir, dir));
    options.setProperty("camel.component.kamelet.location", "file:" + dir + "/routes/kamelets");
    Settings settings = Settings.load(dir.resolve("application.properties"), Map.of(), options);
    RouteContext routes = new RouteContext(settings, false);
    routes.prepare(camel, SimpleMeterRegistry::new);
    WatchedFiles files = routes.files().orElseThrow();
    Map<Path, WatchedFiles.Content> atStart = files.read();
    camel.start();
    watch =
        new RouteWatch(
            files,
            atStart,
            new LiveRoutes(context(), new ReentrantLock()),
            new RouteMistakes(settings),
            problems,
            key -> false);
    watch.start();
  }

  CamelContext context() {
    return camel.getCamelContext();
  }

  SpoolComponent spool() {
    return context().getComponent("spool", SpoolComponent.class);
  }

  RouteProblems.State state() {
    return problems.now();
  }

  Path file(String name) {
    return dir.resolve("routes/destinations/" + name + ".camel.yaml");
  }

  Path kamelet(String name) {
    return dir.resolve("routes/kamelets/" + name + ".kamelet.yaml");
  }

  Path dir() {
    return dir;
  }

  /** Delivers to the {@link TestSink} of the name. */
  static String text(String name, String version, String... parameters) {
    StringBuilder more = new StringBuilder();
    for (String parameter : parameters) {
      more.append("        ").append(parameter).append('\n');
    }
    return """
        - beans:
            - name: sink-%1$s
              type: io.ensrelay.runtime.TestSink
              properties:
                name: %1$s
                version: "%2$s"
        - route:
            id: destination.%1$s
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: %1$s
        %3$s      steps:
                - bean:
                    id: %1$s.take
                    ref: sink-%1$s
                    method: take
        """
        .formatted(name, version, more);
  }

  /** As an editor does that writes a new file beside the old one. */
  void save(String name, String text) throws Exception {
    Path next = dir.resolve("routes/destinations/." + name + ".swp");
    Files.writeString(next, text);
    Files.move(next, file(name), StandardCopyOption.REPLACE_EXISTING);
  }

  /** Events of ten devices, numbered from 0. */
  void store(int count) throws Exception {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int seq = stored++;
      String message =
          "{\"timestamp\":%d,\"eventType\":\"device.%s\",\"seq\":%d,\"devices\":[{\"deviceGuid\":\"d%d\"}]}"
              .formatted(1582796173229L + seq, seq % 2 == 0 ? "check_in" : "wiped", seq, seq % 10);
      String type = seq % 2 == 0 ? "check_in" : "wiped";
      events.addAll(
          splitter.split(
              "t/device/" + type, "device_" + type, message.getBytes(StandardCharsets.UTF_8)));
    }
    camel.getCamelTemplate().requestBody("spool:events", events);
  }

  int stored() {
    return stored;
  }

  static void eventually(Callable<Boolean> condition) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(condition);
  }

  /** Stores an event at a time until the sink's version has taken one. */
  void awaitVersion(String name, String version) {
    eventually(
        () -> {
          store(1);
          return TestSink.version(name).equals(version);
        });
  }

  void awaitProblem(String text) {
    await().atMost(SOON).until(() -> state().problems().toString(), all -> all.contains(text));
  }

  void awaitNoProblem() {
    eventually(() -> state().problems().isEmpty());
  }

  boolean isRead(String destination) {
    return spool().spool().destinations().stream()
        .anyMatch(status -> status.name().equals(destination));
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.close();
    }
    camel.stop();
  }
}
