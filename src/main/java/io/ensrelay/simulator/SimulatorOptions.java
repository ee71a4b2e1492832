package io.ensrelay.simulator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * The options of a {@link Simulator}. The constructor checks every value and throws an {@link
 * IllegalArgumentException} of one line that starts with the option's name.
 *
 * @param dir the folder for all files of the simulator: certificates and the broker's messages
 * @param profile the product to simulate
 * @param tenant the UUID in front of the topics of {@link Profile#NEURONS}
 * @param username user of Basic authentication
 * @param password password of Basic authentication
 * @param fleet of each tenant, and its events
 * @param rules of the service
 * @param tenants number of tenants, each with a fleet of its own, 1 to {@value #MOST_TENANTS}: they
 *     are named {@code tenant-001} and so on, which is also the user and the CN of the client
 *     certificate, and the password has {@code -tenant-001} appended; 0: one tenant, for every
 *     client
 */
public record SimulatorOptions(
    Path dir,
    Profile profile,
    String tenant,
    Ports ports,
    String username,
    String password,
    FleetOptions fleet,
    ServiceRules rules,
    int tenants) {

  private static final Duration LONGEST_SWEEP = Duration.ofDays(30);

  /** The tenant of the vendor's metadata example. */
  public static final String EXAMPLE_TENANT = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224";

  /** The largest fleet; each device needs 29 bytes of heap. */
  public static final int MOST_DEVICES = 1_000_000;

  /** The largest number of tenants. */
  public static final int MOST_TENANTS = 999;

  /** The highest rate allowed; the rate reached depends on the machine. */
  public static final double MOST_EVENTS_PER_SECOND = 100_000;

  /** The documented default time between sweeps of the real service. */
  public static final Duration DAILY = Duration.ofHours(24);

  /**
   * Ports on the loopback address, each 0 for a free one.
   *
   * @param api of the REST side
   * @param mqtt of the MQTT side
   */
  public record Ports(int api, int mqtt) {
    public Ports {
      requirePort("apiPort", api);
      requirePort("mqttPort", mqtt);
      require(
          api == 0 || api != mqtt,
          "mqttPort",
          mqtt,
          "is the apiPort too: each side needs a port of its own");
    }
  }

  /**
   * The fleet of a tenant, and its events.
   *
   * @param devices size of the fleet
   * @param eventsPerSecond messages published per second for all tenants together, 0 for none
   * @param seed the same seed gives the same fleet and the same sequence of events
   * @param enrolled how many of the devices are enrolled from the start
   * @param sweepEvery time between two compliance sweeps, at least a second; zero: none
   */
  public record FleetOptions(
      int devices, double eventsPerSecond, long seed, int enrolled, Duration sweepEvery) {
    public FleetOptions {
      Objects.requireNonNull(sweepEvery, "sweepEvery");
      require(
          devices >= 1 && devices <= MOST_DEVICES,
          "devices",
          devices,
          "must be from 1 to " + MOST_DEVICES);
      requireRate(eventsPerSecond);
      require(
          enrolled >= 0 && enrolled <= devices,
          "enrolled",
          enrolled,
          "must be from 0 to the number of devices, " + devices);
      require(
          sweepEvery.isZero()
              || (sweepEvery.compareTo(Duration.ofSeconds(1)) >= 0
                  && sweepEvery.compareTo(LONGEST_SWEEP) <= 0),
          "sweepEvery",
          Durations.text(sweepEvery),
          "must be 0s (never) or from 1s to 30d");
    }
  }

  public SimulatorOptions {
    Objects.requireNonNull(dir, "dir");
    Objects.requireNonNull(profile, "profile");
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(ports, "ports");
    Objects.requireNonNull(username, "username");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(fleet, "fleet");
    Objects.requireNonNull(rules, "rules");
    require(isUuid(tenant), "tenant", tenant, "must be a UUID, such as " + EXAMPLE_TENANT);
    require(!username.isBlank(), "username", "''", "must not be blank");
    require(username.indexOf(':') < 0, "username", username, "must not contain a colon");
    require(!password.isEmpty(), "password", "''", "must not be empty");
    require(
        tenants >= 0 && tenants <= MOST_TENANTS,
        "tenants",
        tenants,
        "must be from 1 to " + MOST_TENANTS);
    require(
        tenants == 0 || profile == Profile.NEURONS,
        "tenants",
        tenants,
        "needs the profile neurons: topics of epmm do not name the tenant");
    require(
        (long) fleet.devices() * Math.max(1, tenants) <= MOST_DEVICES,
        "tenants",
        tenants,
        "with %s devices each have more than %s devices".formatted(fleet.devices(), MOST_DEVICES));
  }

  /**
   * Returns a silent Neurons tenant on free ports, user and password {@code ens}: ten devices, none
   * enrolled, a daily sweep, the documented rules.
   */
  public static SimulatorOptions in(Path dir) {
    return new SimulatorOptions(
        dir,
        Profile.NEURONS,
        EXAMPLE_TENANT,
        new Ports(0, 0),
        "ens",
        "ens",
        new FleetOptions(10, 0, 1, 0, DAILY),
        ServiceRules.documented(),
        0);
  }

  public SimulatorOptions withProfile(Profile given) {
    return new SimulatorOptions(
        dir, given, tenant, ports, username, password, fleet, rules, tenants);
  }

  public SimulatorOptions withPorts(int api, int mqtt) {
    return new SimulatorOptions(
        dir, profile, tenant, new Ports(api, mqtt), username, password, fleet, rules, tenants);
  }

  public SimulatorOptions withFleet(int devices, double eventsPerSecond, long seed) {
    return with(
        new FleetOptions(devices, eventsPerSecond, seed, fleet.enrolled(), fleet.sweepEvery()));
  }

  /** Returns these options with other enrolled devices and another time between sweeps. */
  public SimulatorOptions withEnrolled(int enrolled, Duration sweepEvery) {
    return with(
        new FleetOptions(
            fleet.devices(), fleet.eventsPerSecond(), fleet.seed(), enrolled, sweepEvery));
  }

  private SimulatorOptions with(FleetOptions given) {
    return new SimulatorOptions(
        dir, profile, tenant, ports, username, password, given, rules, tenants);
  }

  public SimulatorOptions withRules(ServiceRules given) {
    return new SimulatorOptions(
        dir, profile, tenant, ports, username, password, fleet, given, tenants);
  }

  /** Returns these options with several tenants. */
  public SimulatorOptions withTenants(int number) {
    return new SimulatorOptions(
        dir, profile, tenant, ports, username, password, fleet, rules, number);
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "SimulatorOptions[dir=%s, profile=%s, tenant=%s, %s, username=%s, %s, %s, tenants=%s]"
        .formatted(dir, profile, tenant, ports, username, fleet, rules, tenants);
  }

  static void requireRate(double eventsPerSecond) {
    require(
        eventsPerSecond >= 0 && eventsPerSecond <= MOST_EVENTS_PER_SECOND,
        "eventsPerSecond",
        eventsPerSecond,
        "must be from 0 (silence) to " + (long) MOST_EVENTS_PER_SECOND);
  }

  private static void requirePort(String option, int port) {
    require(port >= 0 && port <= 65_535, option, port, "must be from 0 (a free one) to 65535");
  }

  private static boolean isUuid(String text) {
    try {
      return UUID.fromString(text).toString().equalsIgnoreCase(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %s %s".formatted(option, value, rule));
    }
  }
}
