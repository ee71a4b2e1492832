package io.ensrelay.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A fleet of devices that live: each is enrolled, checks in, is asked for its inventories, breaks
 * and keeps the rules, and is retired or wiped at last; then a new device takes its place. The
 * fleet grows to its size while it plays. Check-ins dominate. One message in twenty tells of two to
 * five devices, one in a thousand of none.
 *
 * <p>The same seed and the same times give the same messages. A device costs 21 bytes of heap. Not
 * for use by several threads.
 */
public final class Fleet {
  private static final byte ABSENT = 0;
  private static final byte COMPLIANT = 1;
  private static final byte NOT_COMPLIANT = 2;

  private static final int MOST_COMPANIONS = 4;
  private static final int COMPANION_ATTEMPTS = 40;

  private final ObjectMapper json = new ObjectMapper();
  private final SplittableRandom random;
  private final long seed;
  private final byte[] condition;
  private final int[] generation;
  private final long[] registered;
  private final long[] lastCheckIn;
  private int places;

  /** A fleet that grows up to this many devices. */
  public Fleet(int devices, long seed) {
    if (devices < 1) {
      throw new IllegalArgumentException("devices: %d must be 1 or more".formatted(devices));
    }
    this.seed = seed;
    random = new SplittableRandom(seed);
    condition = new byte[devices];
    generation = new int[devices];
    registered = new long[devices];
    lastCheckIn = new long[devices];
  }

  /** The next message of the fleet, told at this time. */
  public FleetEvent next(Instant now) {
    long time = now.toEpochMilli();
    int place = nextPlace();
    if (places > 1 && random.nextInt(1000) == 0) {
      return message(EventKind.CHECK_IN, time, List.of());
    }
    EventKind kind = nextKind(place);
    List<Integer> concerned = new ArrayList<>(List.of(place));
    if (random.nextInt(20) == 0) {
      addCompanions(kind, concerned);
    }
    FleetEvent event =
        message(kind, time, concerned.stream().map(each -> happen(kind, each, time)).toList());
    if (kind == EventKind.RETIRED || kind == EventKind.WIPED) {
      leave(place);
    }
    return event;
  }

  private int nextPlace() {
    boolean growing = places < condition.length;
    return growing && (places == 0 || random.nextInt(5) == 0) ? places++ : random.nextInt(places);
  }

  private EventKind nextKind(int place) {
    if (condition[place] == ABSENT) {
      return EventKind.ENROLLED;
    }
    if (lastCheckIn[place] == 0) {
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

  /** A device that breaks the rules mends soon; one that keeps them goes on to more often. */
  private EventKind nextCompliance(int place) {
    if (condition[place] == NOT_COMPLIANT) {
      return EventKind.COMPLIANT;
    }
    return random.nextInt(5) < 2 ? EventKind.NOT_COMPLIANT : EventKind.CHECK_IN;
  }

  private void addCompanions(EventKind kind, List<Integer> concerned) {
    int wanted = concerned.size() + 1 + random.nextInt(MOST_COMPANIONS);
    for (int i = 0; i < COMPANION_ATTEMPTS && concerned.size() < wanted; i++) {
      int place = random.nextInt(places);
      if (!concerned.contains(place) && canHappen(kind, place)) {
        concerned.add(place);
      }
    }
  }

  /** Whether this can happen to the device together with others. */
  private boolean canHappen(EventKind kind, int place) {
    boolean settled = condition[place] != ABSENT && lastCheckIn[place] > 0;
    return switch (kind) {
      case ENROLLED, RETIRED, WIPED -> false;
      case CHECK_IN, APP_INVENTORY, PROFILE_INVENTORY, CERT_INVENTORY -> settled;
      case COMPLIANT -> settled && condition[place] == NOT_COMPLIANT;
      case NOT_COMPLIANT -> settled && condition[place] == COMPLIANT;
    };
  }

  private ObjectNode happen(EventKind kind, int place, long time) {
    switch (kind) {
      case ENROLLED -> {
        condition[place] = COMPLIANT;
        registered[place] = time - random.nextInt(3000);
        lastCheckIn[place] = 0;
      }
      case CHECK_IN -> lastCheckIn[place] = time - random.nextInt(2000);
      case COMPLIANT -> condition[place] = COMPLIANT;
      case NOT_COMPLIANT -> condition[place] = NOT_COMPLIANT;
      default -> {
        // tells of the device, changes nothing about it
      }
    }
    return new DeviceState(
            deviceAt(place), condition[place] == COMPLIANT, registered[place], lastCheckIn[place])
        .at(kind);
  }

  private void leave(int place) {
    condition[place] = ABSENT;
    generation[place]++;
  }

  private Device deviceAt(int place) {
    long number = ((long) generation[place] << 32) | place;
    return Device.of(new SplittableRandom(seed ^ Long.reverse(number)).nextLong());
  }

  private FleetEvent message(EventKind kind, long time, List<ObjectNode> devices) {
    ObjectNode message = JsonNodeFactory.instance.objectNode();
    message.put("timestamp", time);
    message.put("eventType", kind.eventType());
    ArrayNode array = message.putArray("devices");
    devices.forEach(array::add);
    try {
      return new FleetEvent(kind, json.writeValueAsBytes(message));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("An event could not be written as JSON", e);
    }
  }
}
