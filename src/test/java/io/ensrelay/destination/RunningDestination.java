package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;

import io.ensrelay.config.Settings;
import io.ensrelay.delivery.RetryPause;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/** Route files of destinations, with the shipped settings and kamelets and a spool of their own. */
final class RunningDestination implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);
  static final long TIME = 1582796173229L;

  private final Main camel = new Main();
  private final EventSplitter splitter = new EventSplitter("default");

  /**
   * @param files besides the policy of failures
   * @param settings besides those of application.properties
   */
  RunningDestination(Path data, List<String> files, Map<String, String> settings) throws Exception {
    this(data, files, settings, Map.of());
  }

  /**
   * @param beans of the test, for its routes
   */
  RunningDestination(
      Path data, List<String> files, Map<String, String> settings, Map<String, Object> beans)
      throws Exception {
    Properties options = new Properties();
    settings.forEach(options::setProperty);
    options.setProperty("ens.data.dir", data.toString());
    options.setProperty(
        "camel.main.routesIncludePattern",
        "file:routes/errors.camel.yaml,file:" + String.join(",file:", files));
    camel.setDefaultPropertyPlaceholderLocation("false");
    camel.setOverrideProperties(
        Settings.load(Path.of("application.properties"), Map.of(), options).asProperties());
    camel.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeInitialize(BaseMainSupport main) {
            StepWatch.of(main.getCamelContext());
            beans.forEach(main.getCamelContext().getRegistry()::bind);
          }
        });
    camel.start();
    pause("ensRetry", Duration.ofMillis(50));
    pause("ensRetrySlowly", Duration.ofMillis(100));
  }

  private void pause(String bean, Duration first) {
    RetryPause retry = context().getRegistry().lookupByNameAndType(bean, RetryPause.class);
    retry.setFirst(first);
    retry.setLongest(first.multipliedBy(2));
  }

  CamelContext context() {
    return camel.getCamelContext();
  }

  Spool spool() {
    return context().getComponent("spool", SpoolComponent.class).spool();
  }

  /** An event of a device; {@code more} are further fields of the device. */
  Event event(String device, int seq, String more) throws Exception {
    String message =
        "{\"timestamp\":%d,\"eventType\":\"device.check_in\",\"seq\":%d,\"devices\":[{\"deviceGuid\":\"%s\"%s}]}"
            .formatted(TIME + seq, seq, device, more);
    return splitter
        .split("t/device/check_in", "device_check_in", message.getBytes(StandardCharsets.UTF_8))
        .get(0);
  }

  Event event(String device, int seq) throws Exception {
    return event(device, seq, "");
  }

  /** So many, one after the other for so many devices. */
  List<Event> events(int count, int devices) throws Exception {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(event("device-" + i % devices, i));
    }
    return events;
  }

  /** Returns when they are on disk. */
  void store(List<Event> events) throws Exception {
    camel.getCamelTemplate().requestBody("spool:events", events);
  }

  DestinationStatus status(String destination) {
    return spool().destinations().stream()
        .filter(each -> each.name().equals(destination))
        .findFirst()
        .orElseThrow();
  }

  void awaitState(String destination, DestinationStatus.State state) {
    await().atMost(SOON).until(() -> status(destination).state() == state);
  }

  void awaitDelivered(String destination, int events) {
    await().atMost(SOON).until(() -> status(destination).delivered() >= events);
  }

  List<DeadLetter.Full> deadLetters() throws IOException {
    List<DeadLetter.Full> all = new ArrayList<>();
    for (DeadLetter letter : spool().letters().list(DeadLetterFilter.ALL, 0, 1000).items()) {
      all.add(spool().letters().get(letter.id()).orElseThrow());
    }
    return all;
  }

  @Override
  public void close() {
    camel.stop();
  }
}
