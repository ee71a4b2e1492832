package io.ensrelay.intake;

import io.ensrelay.event.DeviceDigest;
import io.ensrelay.service.FleetDevice;
import io.ensrelay.service.FleetPage;
import io.ensrelay.spool.KnownDevice;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Compares answers with the known devices, stores an event for each difference, and then records
 * it. A crash in between repeats events; it loses none. Threads: one.
 */
final class FleetChanges {
  private final ResyncState state;
  private final KnownFleet fleet;
  private final ResyncEvents events;
  private final ResyncLog log;
  private final Supplier<Instant> due;

  /**
   * @param due the time from which on the service shows every change until now
   */
  FleetChanges(
      ResyncState state,
      KnownFleet fleet,
      ResyncEvents events,
      ResyncLog log,
      Supplier<Instant> due) {
    this.state = state;
    this.fleet = fleet;
    this.events = events;
    this.log = log;
    this.due = due;
  }

  /**
   * Compares an answer.
   *
   * @param isPage whether it is a page of the fleet; otherwise its devices were asked for by name,
   *     and belong to the fleet only with one of the statuses
   * @return number of devices that this pass has not found before
   */
  int compare(FleetPage answer, boolean isPage) throws IOException, InterruptedException {
    Map<String, FleetDevice> devices = new LinkedHashMap<>();
    for (FleetDevice device : answer.devices()) {
      device.digest().id().ifPresent(id -> devices.put(id, device));
      state.nameless += device.digest().id().isEmpty() ? 1 : 0;
    }
    Map<String, KnownDevice> known = fleet.get(devices.keySet());
    List<KnownDevice> after = new ArrayList<>();
    List<FleetDevice> differing = new ArrayList<>();
    List<KnownDevice> sent = new ArrayList<>();
    long time = events.time(answer.asked());
    int fresh = 0;
    for (Map.Entry<String, FleetDevice> each : devices.entrySet()) {
      DeviceDigest digest = each.getValue().digest();
      KnownDevice before =
          known.getOrDefault(each.getKey(), KnownDevice.unknown(each.getKey(), digest.isGuid()));
      boolean isOfFleet = isPage || isOfFleet(digest);
      boolean isFirst = before.seen() <= state.passesBefore;
      fresh += isOfFleet && before.seen() != state.number() ? 1 : 0;
      if (isOfFleet && isFirst) {
        state.read++;
        state.news++;
      }
      KnownDevice now = isOfFleet ? before.seenBy(state.number()) : before;
      if (before.digest() == digest.value() && !(isFirst && (state.all || state.nothingKnown))) {
        state.unchanged += isFirst ? 1 : 0;
        after.add(now);
      } else if (before.time() > time) {
        state.dropped++;
        after.add(askAgain(now));
      } else {
        differing.add(each.getValue());
        sent.add(now);
      }
    }
    after.addAll(stored(answer.asked(), differing, sent));
    fleet.put(after, List.of());
    return fresh;
  }

  private boolean isOfFleet(DeviceDigest digest) {
    return digest.status().isEmpty() || state.statuses.contains(digest.status().get());
  }

  /** Asks only once: if there is a newer event then, this relay has just received it. */
  private KnownDevice askAgain(KnownDevice device) {
    return device.again() == KnownDevice.NOT ? device.askedAgain(due.get().toEpochMilli()) : device;
  }

  private List<KnownDevice> stored(
      Instant asked, List<FleetDevice> differing, List<KnownDevice> sent)
      throws IOException, InterruptedException {
    List<KnownDevice> after = new ArrayList<>();
    if (differing.isEmpty()) {
      return after;
    }
    BitSet stale = log.store(events.snapshots(state.run, asked, differing));
    for (int i = 0; i < sent.size(); i++) {
      if (stale.get(i)) {
        state.dropped++;
        after.add(askAgain(sent.get(i).uncertain()));
      } else {
        state.sent++;
        after.add(sent.get(i).is(differing.get(i).digest(), events.time(asked)));
      }
    }
    return after;
  }

  /**
   * Records that devices were on no page of this pass and the service does not know them. Reports
   * those as missing that were absent from an earlier pass too.
   */
  void absent(List<KnownDevice> devices, Instant asked) throws IOException, InterruptedException {
    List<KnownDevice> after = new ArrayList<>();
    List<KnownDevice> missing = new ArrayList<>();
    Map<String, KnownDevice> known = fleet.get(devices.stream().map(KnownDevice::id).toList());
    for (KnownDevice device : known.values()) {
      if (device.time() > events.time(asked)) {
        after.add(askAgain(device));
      } else if (device.isAbsentAgain(state.number())) {
        missing.add(device);
      } else {
        after.add(device.absentFrom(state.number()));
      }
    }
    if (!missing.isEmpty()) {
      BitSet stale = log.store(events.missing(state.run, asked, missing));
      for (int i = missing.size() - 1; i >= 0; i--) {
        if (stale.get(i)) {
          state.dropped++;
          after.add(missing.remove(i).uncertain().seenBy(0));
        }
      }
      state.missing += missing.size();
    }
    fleet.put(after, Set.copyOf(missing.stream().map(KnownDevice::id).toList()));
  }

  /** Records that these devices were asked for again. */
  void asked(List<KnownDevice> devices) throws IOException {
    fleet.put(
        fleet.get(devices.stream().map(KnownDevice::id).toList()).values().stream()
            .map(each -> each.askedAgain(KnownDevice.DONE))
            .toList(),
        List.of());
  }
}
