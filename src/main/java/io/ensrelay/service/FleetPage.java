package io.ensrelay.service;

import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * One answer with devices.
 *
 * @param asked when the call began
 * @param devices in the answer's order, also those without a name
 * @param limit the answer's own word on how many devices a page has at most; empty: it has none
 */
public record FleetPage(Instant asked, List<FleetDevice> devices, OptionalInt limit) {
  public FleetPage {
    devices = List.copyOf(devices);
  }
}
