package io.ensrelay.intake;

import io.ensrelay.service.FleetPage;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Reads the pages of a pass over a fleet. Threads: one. */
final class FleetPages {
  /** Overlap of neighbouring pages: this many devices may leave between two calls. */
  private static final int OVERLAP = 20;

  /** After this many pages in a row without a new device, the service ignores the offset. */
  private static final int MOST_REPEATS = 3;

  private final ResyncState state;
  private final FleetReader service;
  private final KnownFleet fleet;
  private final FleetChanges changes;
  private final Next next;
  private int repeats;
  private Set<String> lastPage = Set.of();

  /** Called before each page. */
  interface Next {
    void isNext() throws IOException, InterruptedException;
  }

  FleetPages(
      ResyncState state, FleetReader service, KnownFleet fleet, FleetChanges changes, Next next) {
    this.state = state;
    this.service = service;
    this.fleet = fleet;
    this.changes = changes;
    this.next = next;
  }

  /** Reads from the saved place to the end of the last status. */
  void read() throws IOException, InterruptedException {
    while (state.status < state.statuses.size()) {
      lastPage = Set.of();
      repeats = 0;
      readStatus(state.statuses.get(state.status));
      state.status++;
      state.offset = 0;
    }
  }

  /** Reads the pages of devices with a status. */
  private void readStatus(String status) throws IOException, InterruptedException {
    boolean goesOn = true;
    while (goesOn) {
      next.isNext();
      FleetPage page = service.page(status, state.offset);
      int fresh = changes.compare(page, true);
      goesOn = goesOn(page, fresh);
      if (goesOn) {
        state.offset += advance(page.devices().size());
      }
    }
  }

  /**
   * @param fresh number of devices that no earlier page of this pass had
   */
  private boolean goesOn(FleetPage page, int fresh) throws IOException {
    Set<String> ids = new HashSet<>();
    page.devices().forEach(device -> device.digest().id().ifPresent(ids::add));
    if (page.devices().isEmpty()) {
      return false;
    }
    boolean isFull =
        page.devices().size() >= Math.min(service.limit(), page.limit().orElse(Integer.MAX_VALUE));
    boolean hasAll =
        state.statuses.size() == 1
            && state.count >= 0
            && fleet.seenBy(state.number(), state.statuses) + state.nameless >= state.count;
    state.torn |=
        !lastPage.isEmpty() && !ids.isEmpty() && ids.stream().noneMatch(lastPage::contains);
    lastPage = ids;
    if (fresh > 0) {
      repeats = 0;
      // a service may send smaller pages than asked for, and not say so
      return isFull || !hasAll;
    }
    repeats++;
    boolean isStuck = repeats >= MOST_REPEATS;
    state.torn |= isStuck && !hasAll;
    return isFull && !hasAll && !isStuck;
  }

  private static int advance(int devices) {
    return Math.max(1, devices - Math.min(OVERLAP, devices / 2));
  }
}
