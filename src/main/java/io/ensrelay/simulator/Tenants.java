package io.ensrelay.simulator;

import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * The tenants of a simulation: one that every client belongs to, or several, each with its own user
 * and the clients whose certificate has its name as CN.
 *
 * <p>Threads: safe.
 */
final class Tenants {
  /** Distance between the seeds of two fleets: their devices must differ. */
  private static final long SEED_STEP = 1_000_003;

  private static final String COMMON_NAME = "CN=";

  private final boolean several;
  private final String username;
  private final Map<String, SimulatedTenant> byName = new LinkedHashMap<>();
  private final Map<String, SimulatedTenant> byUuid = new LinkedHashMap<>();

  private Tenants(boolean several, String username, List<SimulatedTenant> all) {
    this.several = several;
    this.username = username;
    for (SimulatedTenant each : all) {
      byName.put(each.name(), each);
      byUuid.put(each.uuid(), each);
    }
  }

  static Tenants of(SimulatorOptions options, Instant start) {
    if (options.tenants() == 0) {
      SimulatedTenant only =
          new SimulatedTenant(
              "default",
              options.tenant(),
              options.password(),
              options.profile(),
              fleet(options, 0, start));
      return new Tenants(false, options.username(), List.of(only));
    }
    return new Tenants(
        true,
        "",
        IntStream.rangeClosed(1, options.tenants())
            .mapToObj(number -> numbered(number, options, start))
            .toList());
  }

  private static SimulatedTenant numbered(int number, SimulatorOptions options, Instant start) {
    String name = String.format(Locale.ROOT, "tenant-%03d", number);
    return new SimulatedTenant(
        name,
        UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
        options.password() + "-" + name,
        options.profile(),
        fleet(options, number, start));
  }

  private static Fleet fleet(SimulatorOptions options, int number, Instant start) {
    return new Fleet(
        options.fleet().devices(),
        options.fleet().enrolled(),
        options.fleet().seed() + number * SEED_STEP,
        start);
  }

  /** Whether clients belong to one of several tenants. */
  boolean areSeveral() {
    return several;
  }

  List<SimulatedTenant> all() {
    return List.copyOf(byName.values());
  }

  /**
   * Returns the tenant with this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  SimulatedTenant named(String name) {
    SimulatedTenant found = byName.get(name);
    if (!several || found == null) {
      throw new IllegalArgumentException(
          several
              ? "tenant: must be one of %s to %s".formatted(nameOf(0), nameOf(byName.size() - 1))
              : "tenant: the simulator has one only, start it with --tenants");
    }
    return found;
  }

  /** Returns the tenant that a user name stands for; says nothing about the password. */
  Optional<SimulatedTenant> ofUser(String user) {
    return several
        ? Optional.ofNullable(byName.get(user))
        : all().stream().filter(only -> user.equals(username)).findFirst();
  }

  /** Returns the tenant that a client belongs to. */
  Optional<SimulatedTenant> ofCertificate(Certificate[] chain) {
    if (!several) {
      return all().stream().findFirst();
    }
    return chain.length > 0 && chain[0] instanceof X509Certificate certificate
        ? Optional.ofNullable(
            byName.get(
                certificate.getSubjectX500Principal().getName().substring(COMMON_NAME.length())))
        : Optional.empty();
  }

  /** Returns the tenant with this topic; of one tenant every topic. */
  Optional<SimulatedTenant> ofTopic(String topic) {
    if (!several) {
      return all().stream().findFirst();
    }
    int end = topic.indexOf('/');
    return end < 0 ? Optional.empty() : Optional.ofNullable(byUuid.get(topic.substring(0, end)));
  }

  private String nameOf(int place) {
    return all().get(place).name();
  }
}
