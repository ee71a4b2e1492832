package io.ensrelay.intake;

import java.util.List;
import java.util.Optional;

/**
 * What a resync is asked to do.
 *
 * @param reason why, in a few words, such as {@code by hand}
 * @param statuses the devices with these statuses are read; empty: those of {@code
 *     ens.resync.statuses}
 * @param to the only destination that gets the events; it gets all devices. Empty: every
 *     destination that selects them
 * @param all whether devices are sent that are as they were last known, too
 */
public record ResyncRequest(
    String reason, List<String> statuses, Optional<String> to, boolean all) {

  public ResyncRequest {
    statuses = List.copyOf(statuses);
  }

  /** All that {@code ens.resync.*} says, for this reason. */
  public static ResyncRequest of(String reason) {
    return new ResyncRequest(reason, List.of(), Optional.empty(), false);
  }
}
