package io.ensrelay.config;

import io.ensrelay.base.ConfigurationException;
import java.util.Locale;
import java.util.Map;

/** The work of a relay among several on one Kafka cluster; without Kafka it does all. */
public enum Role {
  /** Takes events from the service and delivers them. */
  ALL,
  /** Takes events only. */
  INTAKE,
  /** Delivers only; it needs no connection to the service. */
  DELIVERY;

  public static final String KEY = "ens.role";
  private static final String API = "ens.api.url";
  private static final Map<String, String> UNUSED =
      Map.of(API, "https://unused.invalid", "ens.mqtt.url", "ssl://unused.invalid:8883");

  /**
   * @param settings already checked
   */
  public static Role of(Settings settings) {
    return settings.get(KEY).map(text -> Role.valueOf(text.toUpperCase(Locale.ROOT))).orElse(ALL);
  }

  /**
   * The settings, in which a relay that only delivers has addresses of no service for the route
   * files that name them; it never uses those.
   */
  public static Settings complete(Settings settings) {
    Settings all = settings;
    if (!of(settings).takes()) {
      for (Map.Entry<String, String> unused : UNUSED.entrySet()) {
        all = all.orElse(unused.getKey(), unused.getValue());
      }
    }
    return all;
  }

  /**
   * Whether the settings have the address of the service's REST side, which a relay that only
   * delivers may lack.
   */
  public static boolean knowsService(Settings settings) {
    return settings.get(API).filter(UNUSED.get(API)::equals).isEmpty();
  }

  public boolean takes() {
    return this != DELIVERY;
  }

  public boolean delivers() {
    return this != INTAKE;
  }

  /** Such as {@code delivery}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static void check(String key, Settings settings) {
    ValueRules.oneOf("all", "intake", "delivery").check(key, settings.get(key).orElse("all"));
    if (of(settings) != ALL && settings.get(KnownKeys.KAFKA).isEmpty()) {
      throw new ConfigurationException(
          key,
          of(settings).word(),
          "the events are on the disk of this machine, so no other relay could do the rest",
          "set " + KnownKeys.KAFKA + ", or take this out");
    }
  }
}
