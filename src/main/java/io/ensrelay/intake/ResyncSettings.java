package io.ensrelay.intake;

import java.time.Duration;
import java.util.Set;

/**
 * How to read a tenant's devices.
 *
 * @param tenant its name
 * @param delay longest time until answers of the service show the change that an event reported
 * @param ignored fields of a device that do not count as a difference
 */
record ResyncSettings(String tenant, Duration delay, Set<String> ignored) {
  ResyncSettings {
    ignored = Set.copyOf(ignored);
  }
}
