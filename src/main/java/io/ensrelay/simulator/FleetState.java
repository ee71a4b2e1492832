package io.ensrelay.simulator;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * The changing data of a fleet's devices, 29 bytes each; everything else derives from the seed. A
 * fleet has places; after a device has left its place, another one takes it later.
 *
 * <p>Threads: the caller holds this object's monitor.
 */
final class FleetState {
  private static final byte ABSENT = 0;
  private static final byte ACTIVE = 1;
  private static final byte RETIRED = 2;
  private static final byte WIPED = 3;
  private static final byte COMPLIANT = 4;
  private static final byte STATUS = 3;

  private static final long YEAR = Duration.ofDays(365).toMillis();
  private static final long DAY = Duration.ofDays(1).toMillis();

  private final long seed;
  private final byte[] condition;
  private final int[] generation;
  private final long[] registered;
  private final long[] lastCheckIn;
  private final long[] changed;
  private int taken;

  FleetState(int devices, long seed) {
    this.seed = seed;
    condition = new byte[devices];
    generation = new int[devices];
    registered = new long[devices];
    lastCheckIn = new long[devices];
    changed = new long[devices];
  }

  int size() {
    return condition.length;
  }

  /** Returns the number of places taken so far. */
  int taken() {
    return taken;
  }

  /** Fills the first places with devices enrolled earlier; one in 20 is not compliant. */
  void settle(int devices, long now, SplittableRandom random) {
    for (int place = 0; place < devices; place++) {
      condition[place] = (byte) (ACTIVE | (random.nextInt(20) == 0 ? 0 : COMPLIANT));
      registered[place] = now - DAY - random.nextLong(YEAR);
      lastCheckIn[place] = now - random.nextLong(DAY);
    }
    taken = devices;
  }

  boolean isActive(int place) {
    return (condition[place] & STATUS) == ACTIVE;
  }

  boolean isAbsent(int place) {
    return (condition[place] & STATUS) == ABSENT;
  }

  boolean isCompliant(int place) {
    return (condition[place] & COMPLIANT) != 0;
  }

  /** Epoch milliseconds; 0: not yet. */
  long lastCheckIn(int place) {
    return lastCheckIn[place];
  }

  boolean hasCheckedIn(int place) {
    return lastCheckIn[place] > 0;
  }

  DeviceStatus status(int place) {
    return switch (condition[place] & STATUS) {
      case RETIRED -> DeviceStatus.RETIRED;
      case WIPED -> DeviceStatus.WIPED;
      default -> DeviceStatus.ACTIVE;
    };
  }

  void enrol(int place, long time) {
    if (!isAbsent(place)) {
      generation[place]++;
    }
    condition[place] = ACTIVE | COMPLIANT;
    registered[place] = time;
    lastCheckIn[place] = 0;
    changed[place] = 0;
    taken = Math.max(taken, place + 1);
  }

  void checkIn(int place, long time) {
    lastCheckIn[place] = time;
  }

  void comply(int place, boolean compliant, long time) {
    condition[place] = compliant ? ACTIVE | COMPLIANT : ACTIVE;
    changed[place] = time;
  }

  void leave(int place, boolean wiped) {
    condition[place] = (byte) ((condition[place] & COMPLIANT) | (wiped ? WIPED : RETIRED));
  }

  /** Returns the device as an event reports it. */
  DeviceState told(int place) {
    return state(place, isCompliant(place));
  }

  /** Returns the device as the REST API shows it: a change of compliance appears late. */
  DeviceState shown(int place, long now, long lag) {
    boolean isOld = changed[place] > 0 && now - changed[place] < lag;
    return state(place, isOld != isCompliant(place));
  }

  Device device(int place) {
    return Device.of(seed, number(place));
  }

  /** Returns the place of the device with this number; -1 if no place has it now. */
  int place(long number) {
    long place = number & 0xFFFFFFFFL;
    return place < condition.length
            && !isAbsent((int) place)
            && number >>> 32 == generation[(int) place]
        ? (int) place
        : -1;
  }

  private DeviceState state(int place, boolean compliant) {
    return new DeviceState(
        device(place), status(place), compliant, registered[place], lastCheckIn[place]);
  }

  private long number(int place) {
    return ((long) generation[place] << 32) | place;
  }
}
