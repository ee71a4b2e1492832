package io.ensrelay.simulator;

import static io.ensrelay.simulator.FaultKind.Parameter.CODE;
import static io.ensrelay.simulator.FaultKind.Parameter.DELAY;
import static io.ensrelay.simulator.FaultKind.Parameter.KEY;
import static io.ensrelay.simulator.FaultKind.Parameter.PATH;
import static io.ensrelay.simulator.FaultKind.Parameter.RETRY_AFTER;
import static io.ensrelay.simulator.FaultKind.Parameter.STATUS;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The ways in which the simulated service can be made to fail. */
public enum FaultKind {
  /** REST answers with an HTTP status, with {@code Retry-After} when asked for. */
  REST_STATUS(true, STATUS, RETRY_AFTER, PATH),
  /** REST answers as always, but late. */
  REST_SLOW(true, DELAY, PATH),
  /** REST announces the whole answer, sends half of it and closes the connection. */
  REST_CUT(true, PATH),
  /** REST answers 200 with a page of HTML. */
  REST_NOT_JSON(true, PATH),
  /** The metadata lists no topics. */
  METADATA_NO_TOPICS(true),
  /** The metadata lists one more key. */
  METADATA_NEW_KEY(true, KEY),
  /** The metadata lacks a key. */
  METADATA_MISSING_KEY(true, KEY),
  /** MQTT connections are refused with a return code in the CONNACK. */
  MQTT_REFUSE(true, CODE),
  /** All MQTT connections are dropped, once. */
  MQTT_DROP(false),
  /** MQTT subscriptions are refused with 0x80 for each topic. */
  MQTT_REFUSE_SUBSCRIPTIONS(true),
  /** Nothing listens on the MQTT port; connections that are there go on. */
  MQTT_NOT_ACCEPTING(false),
  /** No message is delivered; connections and subscriptions go on. */
  MQTT_PAUSE(false);

  /** What can be said about a fault, beside how long it lasts. */
  enum Parameter {
    STATUS("status"),
    RETRY_AFTER("retryAfter"),
    DELAY("delay"),
    KEY("key"),
    CODE("code"),
    PATH("path");

    private final String text;

    Parameter(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private final boolean counted;
  private final Set<Parameter> parameters;

  FaultKind(boolean counted, Parameter... parameters) {
    this.counted = counted;
    this.parameters = Set.of(parameters);
  }

  /** The name in the API, in scenarios and on the command line, such as {@code rest-status}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** All names, for people. */
  public static String names() {
    return Arrays.stream(values()).map(FaultKind::text).collect(Collectors.joining(", "));
  }

  static Optional<FaultKind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }

  /** Whether it can be ended by how often it happened. */
  boolean isCounted() {
    return counted;
  }

  boolean takes(Parameter parameter) {
    return parameters.contains(parameter);
  }
}
