package io.ensrelay.base;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;

/** The meter registry of a Camel context, shared by all stages of its relay. Threads: safe. */
public final class Meters {
  /** The name of the registry among the beans. */
  public static final String NAME = "ensMeters";

  private static final String BY_TENANT = "ensMetersByTenant";

  private Meters() {}

  /** Returns the bound registry, or binds a simple one that only counts. */
  public static synchronized MeterRegistry of(CamelContext context) {
    MeterRegistry bound = context.getRegistry().lookupByNameAndType(NAME, MeterRegistry.class);
    if (bound != null) {
      return bound;
    }
    MeterRegistry simple = new SimpleMeterRegistry();
    bind(context, simple);
    return simple;
  }

  /**
   * Gives the meters of what belongs to one tenant a tag {@code tenant}: the relay has a folder of
   * tenants. Without it they have none, as dashboards know them. Call this with {@link #bind}.
   */
  public static void byTenant(CamelContext context) {
    context.getRegistry().bind(BY_TENANT, Boolean.TRUE);
  }

  /** Whether those meters have the tag. */
  public static boolean areByTenant(CamelContext context) {
    return context.getRegistry().lookupByName(BY_TENANT) != null;
  }

  /** Returns the tags of a meter that belongs to one tenant. */
  public static Tags of(CamelContext context, String tenant) {
    return areByTenant(context) ? Tags.of("tenant", tenant) : Tags.empty();
  }

  /** Binds a registry; call this before any stage counts. */
  public static void bind(CamelContext context, MeterRegistry registry) {
    context.getRegistry().bind(NAME, registry);
  }
}
