package io.ensrelay.service;

import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * One answer with devices.
 *
 * @param asked when the call began
 * @param devices in the answer's order, also those without a name
 * @param limit most devices of a page according to the answer; empty: it does not say
 */
public record FleetPage(Instant asked, List<FleetDevice> devices, OptionalInt limit) {
  public FleetPage {
    devices = List.copyOf(devices);
  }
}
