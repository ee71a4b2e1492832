package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;

import io.ensrelay.config.Settings;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.http.BoundedHttpComponent;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/** The shipped policy and kamelets with route files of the test, over a spool of its own. */
final class WebhookRelay implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);

  final Main camel = new Main();
  private final EventSplitter splitter = new EventSplitter("test");
  private ProducerTemplate template;

  /**
   * @param files route files beside the policy
   * @param keys of the settings
   */
  static WebhookRelay start(Path data, String files, Map<String, String> keys) throws Exception {
    WebhookRelay relay = new WebhookRelay();
    Properties options = new Properties();
    options.setProperty("ens.data.dir", data.toString());
    options.setProperty(
        "camel.main.routesIncludePattern", "file:routes/errors.camel.yaml," + files);
    keys.forEach(options::setProperty);
    relay.camel.setDefaultPropertyPlaceholderLocation("false");
    relay.camel.setOverrideProperties(
        Settings.load(Path.of("application.properties"), Map.of(), options).asProperties());
    relay.camel.configure().setShutdownTimeout(5);
    relay.camel.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeInitialize(BaseMainSupport main) {
            StepWatch.of(main.getCamelContext());
            BoundedHttpComponent.register(main.getCamelContext());
          }
        });
    relay.camel.start();
    relay.template = relay.camel.getCamelTemplate();
    return relay;
  }

  /** The shipped webhook, which sends to the server. */
  static WebhookRelay webhook(Path data, WebhookServer server, Map<String, String> keys)
      throws Exception {
    Map<String, String> all = new HashMap<>();
    all.put("ens.destination.webhook.enabled", "true");
    all.put("ens.destination.webhook.url", server.url() + "?of=relay&sig=a%2Bb");
    keys.forEach((key, value) -> all.put("ens.destination.webhook." + key, value));
    return start(data, "file:routes/destinations/webhook.camel.yaml", all);
  }

  /** Done when the event is on disk. */
  void store(String type, String device, int seq) throws Exception {
    String message =
        "{\"eventType\":\"device.%s\",\"seq\":%d,\"devices\":[{\"deviceGuid\":\"%s\"}]}"
            .formatted(type, seq, device);
    template
        .asyncRequestBody(
            "spool:events",
            splitter.split(
                "t/device/" + type, "device_" + type, message.getBytes(StandardCharsets.UTF_8)))
        .get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  Spool spool() {
    return camel.getCamelContext().getComponent("spool", SpoolComponent.class).spool();
  }

  List<DeadLetter> deadLetters() throws IOException {
    return spool().letters().list(DeadLetterFilter.ALL, 0, 100).items();
  }

  DestinationStatus status(String destination) {
    return spool().destinations().stream()
        .filter(each -> each.name().equals(destination))
        .findFirst()
        .orElseThrow();
  }

  static void eventually(Callable<Boolean> condition) {
    await().atMost(SOON).until(condition);
  }

  @Override
  public void close() {
    camel.stop();
  }
}
