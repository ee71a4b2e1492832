package io.ensrelay.intake;

import io.ensrelay.service.MetadataStore;
import io.ensrelay.tls.TlsMaterial;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.camel.CamelContext;

/**
 * The tenants of this process by name, with their states and the parts that their routes use: the
 * bean {@code ensTenants}. Threads: safe.
 */
public final class Tenants {
  private static final String NAME = "ensTenants";

  private final CamelContext camel;
  private final Map<String, TenantState> states = new ConcurrentSkipListMap<>();
  private final Map<String, String> suffixes = new ConcurrentHashMap<>();

  private Tenants(CamelContext camel) {
    this.camel = camel;
  }

  /** The tenants of a context. */
  public static synchronized Tenants of(CamelContext camel) {
    Tenants bound = camel.getRegistry().lookupByNameAndType(NAME, Tenants.class);
    if (bound == null) {
      bound = new Tenants(camel);
      camel.getRegistry().bind(NAME, bound);
    }
    return bound;
  }

  /** Sorted by name; none before the start. */
  public List<TenantState> all() {
    return List.copyOf(states.values());
  }

  public Optional<TenantState> of(String tenant) {
    return Optional.ofNullable(states.get(tenant));
  }

  /** Whether the relay has a folder of tenants, and so shows their names. */
  public boolean areSeveral() {
    return suffixes.values().stream().anyMatch(suffix -> !suffix.isEmpty());
  }

  /** The MQTT session; empty while the tenant's routes do not run. */
  public Optional<IntakeClient> intake(String tenant) {
    return bean(tenant, "ensSession", IntakeClient.class);
  }

  public Optional<MetadataStore> metadata(String tenant) {
    return bean(tenant, "ensMetadata", MetadataStore.class);
  }

  /** The certificates shown to the service, and those by which it is trusted. */
  public Optional<TlsMaterial> tls(String tenant) {
    return bean(tenant, "ensTls", TlsMaterial.class);
  }

  /** The resync of its devices; empty: its intake does not run here. */
  public Optional<Resync> resync(String tenant) {
    return bean(tenant, "ensResync", Resync.class);
  }

  private <T> Optional<T> bean(String tenant, String name, Class<T> type) {
    return Optional.ofNullable(suffixes.get(tenant))
        .map(suffix -> camel.getRegistry().lookupByNameAndType(name + suffix, type));
  }

  /**
   * Sets the state of a tenant.
   *
   * @param suffix of the names of its beans
   */
  public void become(
      String tenant, String suffix, TenantState.State state, Optional<String> reason) {
    suffixes.put(tenant, suffix);
    states.compute(
        tenant,
        (name, before) -> {
          boolean same = before != null && before.state() == state;
          return new TenantState(name, state, reason, same ? before.since() : Instant.now());
        });
  }

  /** Forgets a tenant that is no longer configured. */
  public void forget(String tenant) {
    states.remove(tenant);
    suffixes.remove(tenant);
  }
}
