package io.ensrelay.service;

import java.time.Instant;
import java.util.Set;

/**
 * The details that an event needs.
 *
 * @param notBefore an answer counts only if it was asked for at this time or later
 */
public record DetailsWish(DeviceName device, Set<DetailsCall> calls, Instant notBefore) {
  public DetailsWish {
    calls = Set.copyOf(calls);
  }
}
