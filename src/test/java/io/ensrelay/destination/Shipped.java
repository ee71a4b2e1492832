package io.ensrelay.destination;

import io.ensrelay.delivery.RetryPause;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.kamelet.KameletComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;

/** Shipped destinations as the relay runs them: their own files, a spool, the real settings. */
final class Shipped implements AutoCloseable {
  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

  final DefaultCamelContext camel = new DefaultCamelContext();
  private final ProducerTemplate template;

  /**
   * @param files that hold routes, besides the error policy
   */
  Shipped(Path data, Map<String, String> settings, String... files) throws Exception {
    Properties properties = new Properties();
    properties.putAll(settings);
    properties.setProperty("ens.data.dir", data.toString());
    camel.getPropertiesComponent().setLocation("file:application.properties");
    camel.getPropertiesComponent().setOverrideProperties(properties);
    StepWatch.of(camel);
    camel.getComponent("kamelet", KameletComponent.class).setLocation("file:routes/kamelets");
    load("routes/errors.camel.yaml");
    for (String file : files) {
      load(file);
    }
    camel.start();
    pause("ensRetry", Duration.ofMillis(50));
    pause("ensRetrySlowly", Duration.ofMillis(100));
    template = camel.createProducerTemplate();
  }

  private void pause(String bean, Duration first) {
    RetryPause retry = camel.getRegistry().lookupByNameAndType(bean, RetryPause.class);
    retry.setFirst(first);
    retry.setLongest(first.multipliedBy(4));
  }

  private void load(String file) throws Exception {
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(PluginHelper.getResourceLoader(camel).resolveResource("file:" + file));
  }

  /**
   * Returns when the events {@code from} to {@code to - 1}, of the devices in turn, are on disk.
   */
  void store(int from, int to, int devices) throws Exception {
    List<Event> events = new ArrayList<>();
    for (int seq = from; seq < to; seq++) {
      events.add(event("device-" + seq % devices, seq, ""));
    }
    template.requestBody("spool:events", events);
  }

  void store(String device, int seq, String filling) throws Exception {
    template.requestBody("spool:events", List.of(event(device, seq, filling)));
  }

  private static Event event(String device, int seq, String filling) throws Exception {
    String message =
        ("{\"eventType\":\"device.check_in\",\"timestamp\":1582796173229,\"seq\":%d,"
                + "\"filling\":\"%s\",\"devices\":[{\"deviceGuid\":\"%s\",\"os\":\"IOS\","
                + "\"compliant\":true}]}")
            .formatted(seq, filling, device);
    return new EventSplitter("test")
        .split("t/device/check_in", "device_check_in", message.getBytes(StandardCharsets.UTF_8))
        .get(0);
  }

  /** The number of an event. */
  static int seq(String json) {
    Matcher seq = SEQ.matcher(json);
    if (!seq.find()) {
      throw new AssertionError("no seq in " + json);
    }
    return Integer.parseInt(seq.group(1));
  }

  /** The device of an event of {@link #store(int, int, int)}, by which order is asked. */
  static boolean isInOrder(List<Integer> seqs, int devices) {
    int[] last = new int[devices];
    java.util.Arrays.fill(last, -1);
    for (int seq : seqs) {
      if (seq <= last[seq % devices]) {
        return false;
      }
      last[seq % devices] = seq;
    }
    return true;
  }

  /** Each number at its first appearance. */
  static List<Integer> firsts(List<Integer> seqs) {
    return seqs.stream().distinct().toList();
  }

  private Spool spool() {
    return camel.getComponent("spool", SpoolComponent.class).spool();
  }

  DestinationStatus status(String destination) {
    return spool().destinations().stream()
        .filter(each -> each.name().equals(destination))
        .findFirst()
        .orElseThrow();
  }

  List<DeadLetter> deadLetters(String destination) throws Exception {
    return spool()
        .letters()
        .list(
            new DeadLetterFilter(
                Optional.of(destination),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            0,
            100)
        .items();
  }

  @Override
  public void close() throws Exception {
    template.close();
    camel.close();
  }
}
