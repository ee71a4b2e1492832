package io.ensrelay.simulator;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * How the MQTT side rejects a connection. The vendor does not document how the service does this at
 * its limit, so it is a choice here.
 */
public enum Refusal {
  /** CONNACK 3, server unavailable. */
  UNAVAILABLE(3),
  /** CONNACK 5, not authorized. */
  NOT_AUTHORIZED(5),
  /** The connection is closed without an answer, as ActiveMQ does at its own limit. */
  CLOSE(0);

  private final int code;

  Refusal(int code) {
    this.code = code;
  }

  /** Returns the return code of the CONNACK; empty if there is no CONNACK. */
  OptionalInt code() {
    return code == 0 ? OptionalInt.empty() : OptionalInt.of(code);
  }

  /** Returns the name on the command line, such as {@code not-authorized}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
