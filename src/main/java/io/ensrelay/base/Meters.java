package io.ensrelay.base;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;

/** The meter registry of a Camel context, shared by all stages of its relay. Threads: safe. */
public final class Meters {
  /** The name of the registry among the beans. */
  public static final String NAME = "ensMeters";

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

  /** Binds a registry; call this before any stage counts. */
  public static void bind(CamelContext context, MeterRegistry registry) {
    context.getRegistry().bind(NAME, registry);
  }
}
