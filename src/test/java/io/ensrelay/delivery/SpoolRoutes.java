package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.spool.Spool;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;

/** A Camel context with the spool under a directory, and routes of the test that read it. */
public final class SpoolRoutes implements AutoCloseable {
  public final DefaultCamelContext camel = new DefaultCamelContext();
  private final ProducerTemplate template;

  SpoolRoutes(Path data, RouteBuilder... routes) throws Exception {
    this(data, Map.of(), routes);
  }

  SpoolRoutes(Path data, Map<String, String> settings, RouteBuilder... routes) throws Exception {
    Properties properties = new Properties();
    properties.putAll(settings);
    properties.setProperty("ens.data.dir", data.toString());
    camel.getPropertiesComponent().setOverrideProperties(properties);
    StepWatch.of(camel);
    for (RouteBuilder route : routes) {
      camel.addRoutes(route);
    }
    camel.start();
    template = camel.createProducerTemplate();
  }

  public Spool spool() {
    return camel.getComponent("spool", SpoolComponent.class).spool();
  }

  static Event event(String device, int seq) throws Exception {
    return event("check_in", device, seq);
  }

  static Event event(String type, String device, int seq) throws Exception {
    String message =
        "{\"eventType\":\"device.%s\",\"seq\":%d,\"devices\":[{\"deviceGuid\":\"%s\"}]}"
            .formatted(type, seq, device);
    return new EventSplitter("test")
        .split("t/device/" + type, "device_" + type, message.getBytes(StandardCharsets.UTF_8))
        .get(0);
  }

  public static int seq(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    int from = text.indexOf("\"seq\":") + 6;
    return Integer.parseInt(text.substring(from, text.indexOf(',', from)));
  }

  ProducerTemplate template() {
    return template;
  }

  /** Done when the event is on disk. */
  CompletableFuture<?> store(Event event) {
    return store(List.of(event));
  }

  /** Done when all events of a message are on disk. */
  CompletableFuture<?> store(List<Event> events) {
    return template.asyncRequestBody("spool:events", events);
  }

  @Override
  public void close() throws Exception {
    template.close();
    camel.close();
  }
}
