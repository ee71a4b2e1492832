package io.ensrelay.simulator;

import static io.ensrelay.simulator.FaultKind.Parameter.CODE;
import static io.ensrelay.simulator.FaultKind.Parameter.DELAY;
import static io.ensrelay.simulator.FaultKind.Parameter.KEY;
import static io.ensrelay.simulator.FaultKind.Parameter.PATH;
import static io.ensrelay.simulator.FaultKind.Parameter.RETRY_AFTER;
import static io.ensrelay.simulator.FaultKind.Parameter.STATUS;
import static io.ensrelay.simulator.FaultKind.Parameter.TENANT;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The failures that the simulated service can show. */
public enum FaultKind {
  /** REST answers with an HTTP status, and with {@code Retry-After} if that is set. */
  REST_STATUS(true, STATUS, RETRY_AFTER, PATH, TENANT),
  /** REST answers normally, but late. */
  REST_SLOW(true, DELAY, PATH, TENANT),
  /** REST announces the whole answer, sends half of it and closes the connection. */
  REST_CUT(true, PATH, TENANT),
  /** REST answers 200 with a page of HTML. */
  REST_NOT_JSON(true, PATH, TENANT),
  /** REST accepts the connection and the call, and never answers. */
  REST_HANG(true, PATH, TENANT),
  /**
   * The pages of devices are in the order of their last check-in, so that devices move between
   * pages.
   */
  REST_MOVING(true, TENANT),
  /** The metadata lists no topics. */
  METADATA_NO_TOPICS(true, TENANT),
  /** The metadata lists one more key. */
  METADATA_NEW_KEY(true, KEY, TENANT),
  /** The metadata lacks a key. */
  METADATA_MISSING_KEY(true, KEY, TENANT),
  /** MQTT connections are refused with a return code in the CONNACK. */
  MQTT_REFUSE(true, CODE, TENANT),
  /** All MQTT connections are closed, once. */
  MQTT_DROP(false, TENANT),
  /** MQTT subscriptions are refused with 0x80 for each topic. */
  MQTT_REFUSE_SUBSCRIPTIONS(true, TENANT),
  /** Nothing listens on the MQTT port; existing connections stay open. */
  MQTT_NOT_ACCEPTING(false),
  /** No message is delivered; connections and subscriptions stay. */
  MQTT_PAUSE(false, TENANT),
  /** MQTT accepts connections and never sends a packet; a connection that hung stays so. */
  MQTT_HANG(false, TENANT);

  /** The parameters of a fault, except its count and duration. */
  enum Parameter {
    STATUS("status"),
    RETRY_AFTER("retryAfter"),
    DELAY("delay"),
    KEY("key"),
    CODE("code"),
    PATH("path"),
    TENANT("tenant");

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

  /** Returns the name in API, scenarios and command line, such as {@code rest-status}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns all names for a message. */
  public static String names() {
    return Arrays.stream(values()).map(FaultKind::text).collect(Collectors.joining(", "));
  }

  static Optional<FaultKind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }

  /** Whether a count can end it. */
  boolean isCounted() {
    return counted;
  }

  boolean takes(Parameter parameter) {
    return parameters.contains(parameter);
  }
}
