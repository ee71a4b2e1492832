package io.ensrelay.spool.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * How far each lane of a destination is: of the events whose key gives lane i, it has passed those
 * below the number at i, and no other. Immutable; nobody changes the array.
 */
record LaneProgress(long[] positions) {
  static final int MOST_LANES = 256;

  static LaneProgress at(long number, int lanes) {
    long[] positions = new long[lanes];
    Arrays.fill(positions, number);
    return new LaneProgress(positions);
  }

  boolean has(long number, int key) {
    return number < positions[StoredEvent.lane(key, positions.length)];
  }

  static boolean anyHas(List<LaneProgress> some, long number, int key) {
    for (LaneProgress each : some) {
      if (each.has(number, key)) {
        return true;
      }
    }
    return false;
  }

  int lanes() {
    return positions.length;
  }

  long least() {
    return Arrays.stream(positions).min().orElseThrow();
  }

  long most() {
    return Arrays.stream(positions).max().orElseThrow();
  }

  /** The lowest key of the first lane that has not passed a number. */
  int keyBelow(long number) {
    int lane = 0;
    while (lane < positions.length - 1 && positions[lane] >= number) {
      lane++;
    }
    return (int) (((long) lane * (1L << 32) + positions.length - 1) / positions.length);
  }

  /** What either of two with the same lanes has. */
  LaneProgress or(LaneProgress other) {
    long[] both = positions.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] = Math.max(both[i], other.positions[i]);
    }
    return new LaneProgress(both);
  }

  /** What both this one and a position have. */
  LaneProgress and(long number) {
    return new LaneProgress(Arrays.stream(positions).map(p -> Math.min(p, number)).toArray());
  }

  /** What this one or a position has. */
  LaneProgress or(long number) {
    return new LaneProgress(Arrays.stream(positions).map(p -> Math.max(p, number)).toArray());
  }

  void write(ByteBuffer out) {
    out.putShort((short) positions.length);
    for (long position : positions) {
      out.putLong(position);
    }
  }

  /**
   * @throws RuntimeException when there is none
   */
  static LaneProgress read(ByteBuffer in) {
    int lanes = in.getShort();
    if (lanes < 1 || lanes > MOST_LANES) {
      throw new IllegalArgumentException("no destination has " + lanes + " lanes");
    }
    long[] positions = new long[lanes];
    for (int i = 0; i < lanes; i++) {
      positions[i] = in.getLong();
      if (positions[i] < 0) {
        throw new IllegalArgumentException("no event has a number below 0");
      }
    }
    return new LaneProgress(positions);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LaneProgress progress && Arrays.equals(positions, progress.positions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(positions);
  }

  @Override
  public String toString() {
    return Arrays.toString(positions);
  }
}
