package io.ensrelay.faults;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How much is done: the short form is part of every build, the long one is the profile {@code
 * faults}. All numbers of the suite that differ are here.
 */
final class Scale {
  static final boolean LONG = Boolean.getBoolean("faults.long");

  /** Names of {@link Brokers}: of several only these; empty: all. */
  static final Set<String> BROKERS = names("faults.brokers");

  /** Names of {@link Sinks}, likewise. */
  static final Set<String> SINKS = names("faults.sinks");

  /** For each broker. */
  static final int KILLS = number("faults.kills", 2, 18);

  /** With four destinations, one of them stuck. */
  static final int KILLS_OF_FOUR = number("faults.kills-of-four", 2, 50);

  static final int POWER_CUTS = number("faults.power-cuts", 2, 20);

  static final int DAMAGES = number("faults.damages", 1, 5);

  static final int REWINDS = number("faults.rewinds", 2, 20);

  /** For each sink; a restart of its receiver and a stop of the relay as often. */
  static final int KILLS_OF_A_SINK = number("faults.kills-of-a-sink", 1, 3);

  static final int TERMS = number("faults.terms", 1, 18);

  /** For each broker and kind of fault of the path. */
  static final int CUTS = number("faults.cuts", 2, 8);

  /** The last three of them get nowhere. */
  static final int TENANTS = number("faults.tenants", 12, 100);

  static final int CUT_TENANTS = number("faults.cut-tenants", 3, 10);

  /** How long messages are published for the others. */
  static final int TENANT_SECONDS = number("faults.tenant-seconds", 4, 30);

  static final int RESTARTS = number("faults.restarts", 1, 4);

  /** Messages per second while a fault lasts. */
  static final int RATE = number("faults.rate", 300, 500);

  /** Of the cluster that several relays share. */
  static final int KAFKA_BROKERS = number("faults.kafka-brokers", 1, 3);

  /** Of an intake, by another machine. */
  static final int TAKEOVERS = number("faults.takeovers", 1, 3);

  /** Messages per second for several relays. */
  static final int RATE_OF_SEVERAL = number("faults.rate-of-several", 150, 500);

  /** How long a destination or the REST side stays away. */
  static final Duration AWAY = Duration.ofSeconds(number("faults.away", 2, 20));

  /** 0: no soak. */
  static final int SOAK_MINUTES = Integer.getInteger("soak", 0);

  static final int SOAK_RATE = Integer.getInteger("soak.rate", 1000);

  /** Longest wait for anything that must come in the end. */
  static final Duration PATIENCE = Duration.ofSeconds(120);

  private Scale() {}

  private static Set<String> names(String property) {
    return Stream.of(System.getProperty(property, "").split(","))
        .filter(name -> !name.isBlank())
        .map(name -> name.trim().toUpperCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }

  private static int number(String name, int brief, int full) {
    return Integer.getInteger(name, LONG ? full : brief);
  }
}
