package io.ensrelay.intake;

import java.util.List;
import java.util.Optional;

/**
 * The order for a resync.
 *
 * @param reason why, in a few words, such as {@code by hand}
 * @param statuses of the devices to read; empty: those of {@code ens.resync.statuses}
 * @param to the only destination that gets the events; it gets all devices. Empty: every
 *     destination that selects them
 * @param all whether to send unchanged devices too
 */
public record ResyncRequest(
    String reason, List<String> statuses, Optional<String> to, boolean all) {

  public ResyncRequest {
    statuses = List.copyOf(statuses);
  }

  /** A resync with the settings {@code ens.resync.*}, for this reason. */
  public static ResyncRequest of(String reason) {
    return new ResyncRequest(reason, List.of(), Optional.empty(), false);
  }
}
