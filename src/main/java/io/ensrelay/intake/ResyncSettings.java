package io.ensrelay.intake;

import java.time.Duration;
import java.util.Set;

/**
 * How a tenant's devices are read.
 *
 * @param tenant its name
 * @param delay how long the service takes at most to show what an event has told
 * @param ignored fields of a device that do not count as a difference
 */
record ResyncSettings(String tenant, Duration delay, Set<String> ignored) {
  ResyncSettings {
    ignored = Set.copyOf(ignored);
  }
}
