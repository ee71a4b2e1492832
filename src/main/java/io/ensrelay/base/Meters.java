package io.ensrelay.base;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;

/** Where the stages of a relay count: one registry for each Camel context. */
public final class Meters {
  private static final String NAME = "ensMeters";

  private Meters() {}

  /** The registry that was bound, or one that only counts. */
  public static synchronized MeterRegistry of(CamelContext context) {
    MeterRegistry bound = context.getRegistry().lookupByNameAndType(NAME, MeterRegistry.class);
    if (bound != null) {
      return bound;
    }
    MeterRegistry simple = new SimpleMeterRegistry();
    bind(context, simple);
    return simple;
  }

  /** To be called before anything counts. */
  public static void bind(CamelContext context, MeterRegistry registry) {
    context.getRegistry().bind(NAME, registry);
  }
}
