package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.config.Tenant;
import io.ensrelay.tls.TlsMaterial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.builder.AdviceWithRouteBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.function.ThrowingConsumer;

/**
 * The shipped intake route, its spool under a directory of the test, and a destination that notes
 * what it gets.
 */
final class Intake implements AutoCloseable {
  static final String TOPIC = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/check_in";

  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

  /** The sequence numbers in the order of delivery. */
  final List<Integer> delivered = new CopyOnWriteArrayList<>();

  /** The events that tell of a gap. */
  final List<String> gaps = new CopyOnWriteArrayList<>();

  final MovedTime time = new MovedTime();
  final DefaultCamelContext camel = new DefaultCamelContext();

  /** An intake that wants {@link #TOPIC}. */
  Intake(String url, TlsMaterial tls, Path data) throws Exception {
    this(url, tls, data, UnaryOperator.identity(), route -> {});
  }

  /**
   * @param settings changes the settings
   * @param change changes the route of the messages
   */
  Intake(
      String url,
      TlsMaterial tls,
      Path data,
      UnaryOperator<Map<String, String>> settings,
      ThrowingConsumer<AdviceWithRouteBuilder, Exception> change)
      throws Exception {
    Map<String, String> given = new LinkedHashMap<>();
    given.put("ens.tenant", "test");
    given.put("ens.mqtt.url", url);
    given.put("ens.mqtt.client-id", "relay-under-test");
    given.put("ens.mqtt.keep-alive", "5");
    given.put("ens.intake.in-flight", "1000");
    given.put("ens.data.dir", data.toString());
    Properties properties = new Properties();
    properties.putAll(settings.apply(given));
    camel.getPropertiesComponent().setOverrideProperties(properties);
    camel.getRegistry().bind("ensTls", tls);
    String routes = Files.readString(Path.of("routes/intake.camel.yaml"));
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(
            ResourceHelper.fromString(
                "file:routes/intake.camel.yaml", routes.replace(Tenant.PLACE, "")));
    Platform real = Platform.of(camel);
    client().use(new Platform(time, time::nanoTime, real.threads()));
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("spool:events?destination=test").routeId("test").process(Intake.this::note);
          }
        });
    AdviceWith.adviceWith(camel, "intake.events", false, change);
    camel.start();
    want(TOPIC);
  }

  /** The change that puts this in the place of the spool. */
  static ThrowingConsumer<AdviceWithRouteBuilder, Exception> storing(Processor store) {
    return route -> route.weaveById("intake.store").replace().process(store);
  }

  /** Sets the topics; the last level is the metadata key. */
  void want(String... topics) {
    Map<String, String> byKey = new LinkedHashMap<>();
    Stream.of(topics).forEach(t -> byKey.put(t.substring(t.lastIndexOf('/') + 1), t));
    client().want(byKey, 180);
  }

  IntakeClient client() {
    return camel.getRegistry().lookupByNameAndType("ensSession", IntakeClient.class);
  }

  private void note(Exchange exchange) {
    if ("relay.gap".equals(exchange.getMessage().getHeader("eventType"))) {
      gaps.add(exchange.getMessage().getBody(String.class));
      return;
    }
    delivered.add(seq(exchange.getMessage().getBody(String.class)));
  }

  static int seq(String json) {
    Matcher matcher = SEQ.matcher(json);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  static String message(int seq) {
    return "{\"timestamp\":1582796173229,\"eventType\":\"device.check_in\",\"seq\":%d,"
            .formatted(seq)
        + "\"devices\":[{\"deviceGuid\":\"device-%d\",\"os\":\"IOS\"}]}".formatted(seq % 7);
  }

  @Override
  public void close() throws Exception {
    camel.close();
  }
}
