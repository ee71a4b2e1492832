package io.ensrelay.intake;

import io.ensrelay.service.FleetPage;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.KnownDevice;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks for devices by name. Threads: one. */
final class FleetSearch {
  private static final int ASKED_TOGETHER = 100;

  private final ResyncState state;
  private final FleetReader service;
  private final KnownFleet fleet;
  private final FleetChanges changes;
  private final ResyncRun.Steps steps;

  /** Waits. */
  interface Clock {
    /**
     * @param time epoch milliseconds
     */
    void waitUntil(long time) throws InterruptedException;
  }

  FleetSearch(
      ResyncState state,
      FleetReader service,
      KnownFleet fleet,
      FleetChanges changes,
      ResyncRun.Steps steps) {
    this.state = state;
    this.service = service;
    this.fleet = fleet;
    this.changes = changes;
    this.steps = steps;
  }

  /**
   * Asks for the known devices that were on no page.
   *
   * @return number of devices found that have a later event
   */
  long unseen(long later) throws IOException, InterruptedException {
    long found = 0;
    boolean listsAny = fleet.seenBy(state.number(), state.statuses) > 0;
    String after = "";
    while (true) {
      List<KnownDevice> unseen =
          fleet.unseenBy(state.number(), state.statuses, after, ASKED_TOGETHER);
      if (unseen.isEmpty()) {
        return found;
      }
      after = unseen.get(unseen.size() - 1).id();
      Set<String> answered = ask(unseen, listsAny);
      found +=
          unseen.stream()
              .filter(each -> each.time() > later && answered.contains(each.id()))
              .count();
      steps.reached(ResyncProgress.Phase.CHECKING);
    }
  }

  /**
   * Asks for devices with a newer event, once the service must show its change.
   *
   * @param clock waits until a time
   */
  void again(Clock clock) throws IOException, InterruptedException {
    while (true) {
      List<KnownDevice> again = fleet.again(ASKED_TOGETHER);
      if (again.isEmpty()) {
        return;
      }
      clock.waitUntil(again.get(again.size() - 1).again());
      ask(again, true);
      changes.asked(again);
      steps.reached(ResyncProgress.Phase.CHECKING);
    }
  }

  /**
   * @param mayBeGone whether devices that the service does not know count as absent
   * @return ids of the devices that the service knows
   */
  private Set<String> ask(List<KnownDevice> devices, boolean mayBeGone)
      throws IOException, InterruptedException {
    Set<String> found = new HashSet<>();
    for (boolean isGuid : List.of(true, false)) {
      List<KnownDevice> left =
          new ArrayList<>(devices.stream().filter(each -> each.isGuid() == isGuid).toList());
      while (!left.isEmpty()) {
        Optional<FleetReader.Found> answer =
            service.find(isGuid, left.stream().map(KnownDevice::id).toList());
        List<KnownDevice> asked = left.subList(0, answer.map(a -> a.asked().size()).orElse(1));
        if (answer.isPresent()) {
          FleetPage page = answer.get().page();
          page.devices().forEach(device -> device.digest().id().ifPresent(found::add));
          changes.compare(page, false);
          if (mayBeGone) {
            changes.absent(
                asked.stream().filter(each -> !found.contains(each.id())).toList(), page.asked());
          }
        }
        asked.clear();
      }
    }
    return found;
  }
}
