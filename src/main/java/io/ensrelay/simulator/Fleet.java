package io.ensrelay.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A simulated fleet of devices. Each device is enrolled, checks in, reports inventories, breaks and
 * keeps the rules, and is finally retired or wiped; then a new device takes its place. The fleet
 * grows to its size during the simulation. Most events are check-ins. One message in twenty
 * contains two to five devices, one in a thousand none.
 *
 * <p>The same seed and the same times give the same messages. A device needs 29 bytes of heap.
 * Threads: safe.
 */
public final class Fleet {
  private static final int MOST_COMPANIONS = 4;
  private static final int ATTEMPTS = 40;

  private final ObjectMapper json = new ObjectMapper();
  private final SplittableRandom random;
  private final FleetState state;
  private final FleetDirectory directory;

  /** Creates a fleet that grows up to this many devices. */
  public Fleet(int devices, long seed) {
    this(devices, 0, seed, Instant.EPOCH);
  }

  /**
   * Creates a fleet that grows up to this many devices.
   *
   * @param enrolled devices enrolled from the start, within the year before
   * @param start the time of the start
   */
  public Fleet(int devices, int enrolled, long seed, Instant start) {
    if (devices < 1) {
      throw new IllegalArgumentException("devices: %s must be 1 or more".formatted(devices));
    }
    random = new SplittableRandom(seed);
    state = new FleetState(devices, seed);
    state.settle(enrolled, start.toEpochMilli(), random);
    directory = new FleetDirectory(state, seed);
  }

  /** Returns the next message of the fleet, with this time. */
  public FleetEvent next(Instant now) {
    synchronized (state) {
      long time = now.toEpochMilli();
      int place = nextPlace();
      if (state.taken() > 1 && random.nextInt(1000) == 0) {
        return message(EventKind.CHECK_IN, time, List.of());
      }
      EventKind kind = nextKind(place);
      List<Integer> concerned = new ArrayList<>(List.of(place));
      if (random.nextInt(20) == 0) {
        addCompanions(kind, concerned);
      }
      return happen(kind, concerned, time);
    }
  }

  /** Returns a message of this kind with one made-up device. */
  public static FleetEvent sample(EventKind kind, Instant now) {
    // every event of a life: then every kind can happen
    Fleet fleet = new Fleet(1, now.toEpochMilli());
    fleet.next(EventKind.ENROLLED, now);
    fleet.next(EventKind.CHECK_IN, now);
    fleet.next(kind == EventKind.COMPLIANT ? EventKind.NOT_COMPLIANT : EventKind.COMPLIANT, now);
    if (kind == EventKind.ENROLLED) {
      fleet.next(EventKind.RETIRED, now);
    }
    return fleet.next(kind, now).orElseThrow();
  }

  /** Makes an event happen to one device; empty if no device allows it. */
  public Optional<FleetEvent> next(EventKind kind, Instant now) {
    synchronized (state) {
      int from = state.taken() == 0 ? 0 : random.nextInt(state.taken());
      return IntStream.range(0, state.size())
          .map(step -> (from + step) % state.size())
          .filter(place -> canHappen(kind, place))
          .boxed()
          .findFirst()
          .map(place -> happen(kind, List.of(place), now.toEpochMilli()));
    }
  }

  /**
   * Does a part of a compliance sweep: half of the non-compliant devices become compliant, and one
   * compliant device in fifty breaks the rules.
   */
  List<FleetEvent> sweep(int from, int to, Instant now) {
    synchronized (state) {
      List<FleetEvent> events = new ArrayList<>();
      for (int place = from; place < Math.min(to, state.taken()); place++) {
        boolean changes =
            state.isActive(place)
                && state.hasCheckedIn(place)
                && random.nextInt(50) < (state.isCompliant(place) ? 1 : 25);
        if (changes) {
          EventKind kind = state.isCompliant(place) ? EventKind.NOT_COMPLIANT : EventKind.COMPLIANT;
          events.add(happen(kind, List.of(place), now.toEpochMilli()));
        }
      }
      return events;
    }
  }

  /** Makes the active devices among these check in. */
  List<FleetEvent> checkIn(List<Integer> concerned, Instant now) {
    synchronized (state) {
      return concerned.stream()
          .filter(state::isActive)
          .map(place -> happen(EventKind.CHECK_IN, List.of(place), now.toEpochMilli()))
          .toList();
    }
  }

  /** Returns read access to the current state of the devices. */
  FleetDirectory directory() {
    return directory;
  }

  private int nextPlace() {
    int taken = state.taken();
    boolean growing = taken < state.size();
    return growing && (taken == 0 || random.nextInt(5) == 0) ? taken : random.nextInt(taken);
  }

  private EventKind nextKind(int place) {
    if (!state.isActive(place)) {
      return EventKind.ENROLLED;
    }
    if (!state.hasCheckedIn(place)) {
      return EventKind.CHECK_IN;
    }
    int lot = random.nextInt(1000);
    if (lot < 700) {
      return EventKind.CHECK_IN;
    } else if (lot < 780) {
      return EventKind.APP_INVENTORY;
    } else if (lot < 830) {
      return EventKind.PROFILE_INVENTORY;
    } else if (lot < 880) {
      return EventKind.CERT_INVENTORY;
    } else if (lot < 980) {
      return nextCompliance(place);
    }
    return lot < 995 ? EventKind.RETIRED : EventKind.WIPED;
  }

  /** A non-compliant device soon becomes compliant; a compliant one mostly just checks in. */
  private EventKind nextCompliance(int place) {
    if (!state.isCompliant(place)) {
      return EventKind.COMPLIANT;
    }
    return random.nextInt(5) < 2 ? EventKind.NOT_COMPLIANT : EventKind.CHECK_IN;
  }

  private void addCompanions(EventKind kind, List<Integer> concerned) {
    if (kind == EventKind.ENROLLED || kind == EventKind.RETIRED || kind == EventKind.WIPED) {
      return;
    }
    int wanted = concerned.size() + 1 + random.nextInt(MOST_COMPANIONS);
    for (int i = 0; i < ATTEMPTS && concerned.size() < wanted; i++) {
      int place = random.nextInt(state.taken());
      if (!concerned.contains(place) && canHappen(kind, place)) {
        concerned.add(place);
      }
    }
  }

  private boolean canHappen(EventKind kind, int place) {
    boolean settled = state.isActive(place) && state.hasCheckedIn(place);
    return switch (kind) {
      case ENROLLED -> !state.isActive(place);
      case CHECK_IN -> state.isActive(place);
      case APP_INVENTORY, PROFILE_INVENTORY, CERT_INVENTORY, RETIRED, WIPED -> settled;
      case COMPLIANT -> settled && !state.isCompliant(place);
      case NOT_COMPLIANT -> settled && state.isCompliant(place);
    };
  }

  private FleetEvent happen(EventKind kind, List<Integer> concerned, long time) {
    return message(kind, time, concerned.stream().map(place -> happen(kind, place, time)).toList());
  }

  private ObjectNode happen(EventKind kind, int place, long time) {
    switch (kind) {
      case ENROLLED -> state.enrol(place, time - random.nextInt(3000));
      case CHECK_IN -> state.checkIn(place, time - random.nextInt(2000));
      case COMPLIANT -> state.comply(place, true, time);
      case NOT_COMPLIANT -> state.comply(place, false, time);
      case RETIRED -> state.leave(place, false);
      case WIPED -> state.leave(place, true);
      default -> {
        // reports the device, changes nothing about it
      }
    }
    return state.told(place).json();
  }

  private FleetEvent message(EventKind kind, long time, List<ObjectNode> devices) {
    ObjectNode message = JsonNodeFactory.instance.objectNode();
    message.put("timestamp", time);
    message.put("eventType", kind.eventType());
    ArrayNode array = message.putArray("devices");
    devices.forEach(array::add);
    try {
      return new FleetEvent(kind, json.writeValueAsBytes(message), Math.max(1, devices.size()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("An event could not be written as JSON", e);
    }
  }
}
