package io.ensrelay.simulator;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * How the MQTT side turns a connection away. How the real service does it at its limit is not
 * documented, so that it can be chosen.
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

  /** The return code of the CONNACK; empty when there is none. */
  OptionalInt code() {
    return code == 0 ? OptionalInt.empty() : OptionalInt.of(code);
  }

  /** The name on the command line, such as {@code not-authorized}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
