package io.ensrelay.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the devices of a fleet, as the service's REST API does.
 *
 * <p>Threads: safe.
 */
final class FleetDirectory {
  /** The kinds of names of a device. */
  enum IdentifierType {
    MDM_IDENTIFIER,
    GUID
  }

  private final FleetState state;
  private final long seed;

  FleetDirectory(FleetState state, long seed) {
    this.state = state;
    this.seed = seed;
  }

  /** Returns the number of places taken so far. */
  int taken() {
    synchronized (state) {
      return state.taken();
    }
  }

  /** Returns the places of the devices with these names; leaves out unknown names. */
  List<Integer> find(List<String> names, IdentifierType type) {
    synchronized (state) {
      return names.stream()
          .distinct()
          .map(name -> find(name, type))
          .filter(place -> place >= 0)
          .toList();
    }
  }

  /** Returns the devices at these places; a change of compliance appears after the lag. */
  List<DeviceState> show(List<Integer> places, Instant now, Duration lag) {
    synchronized (state) {
      return places.stream()
          .map(place -> state.shown(place, now.toEpochMilli(), lag.toMillis()))
          .toList();
    }
  }

  /**
   * Returns the places of the devices with this status, or of all, from the offset on.
   *
   * @param byCheckIn in the order of their last check-in; otherwise in that of their places
   */
  List<Integer> page(Optional<DeviceStatus> status, long offset, int limit, boolean byCheckIn) {
    synchronized (state) {
      Stream<Integer> places = places(status).boxed();
      return (byCheckIn ? places.sorted(Comparator.comparing(state::lastCheckIn)) : places)
          .skip(offset)
          .limit(limit)
          .toList();
    }
  }

  /** Counts the devices with this status; empty: any status. */
  int count(Optional<DeviceStatus> status) {
    synchronized (state) {
      return (int) places(status).count();
    }
  }

  private IntStream places(Optional<DeviceStatus> status) {
    return IntStream.range(0, state.taken())
        .filter(place -> !state.isAbsent(place))
        .filter(place -> status.isEmpty() || state.status(place) == status.get());
  }

  private int find(String name, IdentifierType type) {
    OptionalLong number =
        type == IdentifierType.GUID
            ? Device.guids(seed).ofUuid(name)
            : Device.identifiers(seed).ofHex(name);
    int place = number.isEmpty() ? -1 : state.place(number.getAsLong());
    if (place < 0) {
      return -1;
    }
    Device device = state.device(place);
    String known = type == IdentifierType.GUID ? device.deviceGuid() : device.identifier();
    return known.equals(name) ? place : -1;
  }
}
