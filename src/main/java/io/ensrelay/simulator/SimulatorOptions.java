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
 * @param apiPort port of the REST side on the loopback address, 0 for a free one
 * @param mqttPort port of the MQTT side on the loopback address, 0 for a free one
 * @param devices size of the fleet of each tenant
 * @param eventsPerSecond messages published per second for all tenants together, 0 for none
 * @param seed the same seed gives the same fleet and the same sequence of events
 * @param username user of Basic authentication
 * @param password password of Basic authentication
 * @param enrolled how many of the devices are enrolled from the start
 * @param sweepEvery time between two compliance sweeps, at least a second; zero: none
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
    int apiPort,
    int mqttPort,
    int devices,
    double eventsPerSecond,
    long seed,
    String username,
    String password,
    int enrolled,
    Duration sweepEvery,
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

  /** Sets no enrolled devices, a daily sweep, and the documented rules. */
  public SimulatorOptions(
      Path dir,
      Profile profile,
      String tenant,
      int apiPort,
      int mqttPort,
      int devices,
      double eventsPerSecond,
      long seed,
      String username,
      String password) {
    this(
        dir,
        profile,
        tenant,
        apiPort,
        mqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        0,
        DAILY,
        ServiceRules.documented(),
        0);
  }

  public SimulatorOptions {
    Objects.requireNonNull(dir, "dir");
    Objects.requireNonNull(profile, "profile");
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(username, "username");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(sweepEvery, "sweepEvery");
    Objects.requireNonNull(rules, "rules");
    require(isUuid(tenant), "tenant", tenant, "must be a UUID, such as " + EXAMPLE_TENANT);
    requirePort("apiPort", apiPort);
    requirePort("mqttPort", mqttPort);
    require(
        apiPort == 0 || apiPort != mqttPort,
        "mqttPort",
        mqttPort,
        "is the apiPort too: each side needs a port of its own");
    require(
        devices >= 1 && devices <= MOST_DEVICES,
        "devices",
        devices,
        "must be from 1 to " + MOST_DEVICES);
    requireRate(eventsPerSecond);
    require(!username.isBlank(), "username", "''", "must not be blank");
    require(username.indexOf(':') < 0, "username", username, "must not contain a colon");
    require(!password.isEmpty(), "password", "''", "must not be empty");
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
        (long) devices * Math.max(1, tenants) <= MOST_DEVICES,
        "tenants",
        tenants,
        "with %s devices each have more than %s devices".formatted(devices, MOST_DEVICES));
  }

  /** Returns a silent Neurons tenant on free ports, ten devices, user and password {@code ens}. */
  public static SimulatorOptions in(Path dir) {
    return new SimulatorOptions(dir, Profile.NEURONS, EXAMPLE_TENANT, 0, 0, 10, 0, 1, "ens", "ens");
  }

  public SimulatorOptions withProfile(Profile newProfile) {
    return new SimulatorOptions(
        dir,
        newProfile,
        tenant,
        apiPort,
        mqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        enrolled,
        sweepEvery,
        rules,
        tenants);
  }

  public SimulatorOptions withPorts(int newApiPort, int newMqttPort) {
    return new SimulatorOptions(
        dir,
        profile,
        tenant,
        newApiPort,
        newMqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        enrolled,
        sweepEvery,
        rules,
        tenants);
  }

  public SimulatorOptions withFleet(int newDevices, double newEventsPerSecond, long newSeed) {
    return new SimulatorOptions(
        dir,
        profile,
        tenant,
        apiPort,
        mqttPort,
        newDevices,
        newEventsPerSecond,
        newSeed,
        username,
        password,
        enrolled,
        sweepEvery,
        rules,
        tenants);
  }

  /** Returns these options with other enrolled devices and another time between sweeps. */
  public SimulatorOptions withEnrolled(int newEnrolled, Duration newSweepEvery) {
    return new SimulatorOptions(
        dir,
        profile,
        tenant,
        apiPort,
        mqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        newEnrolled,
        newSweepEvery,
        rules,
        tenants);
  }

  public SimulatorOptions withRules(ServiceRules newRules) {
    return new SimulatorOptions(
        dir,
        profile,
        tenant,
        apiPort,
        mqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        enrolled,
        sweepEvery,
        newRules,
        tenants);
  }

  /** Returns these options with several tenants. */
  public SimulatorOptions withTenants(int newTenants) {
    return new SimulatorOptions(
        dir,
        profile,
        tenant,
        apiPort,
        mqttPort,
        devices,
        eventsPerSecond,
        seed,
        username,
        password,
        enrolled,
        sweepEvery,
        rules,
        newTenants);
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "SimulatorOptions[dir=%s, profile=%s, tenant=%s, apiPort=%s, mqttPort=%s, devices=%s, eventsPerSecond=%s, seed=%s, username=%s, enrolled=%s, sweepEvery=%s, rules=%s, tenants=%s]"
        .formatted(
            dir,
            profile,
            tenant,
            apiPort,
            mqttPort,
            devices,
            eventsPerSecond,
            seed,
            username,
            enrolled,
            sweepEvery,
            rules,
            tenants);
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
