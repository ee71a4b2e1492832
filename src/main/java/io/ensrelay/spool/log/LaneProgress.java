package io.ensrelay.spool.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The position of each lane of a destination: lane i has passed exactly those of its events whose
 * number is below {@code positions[i]}. Immutable, provided that nobody changes the array.
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

  /** The lowest key of the first lane whose position is below a number. */
  int keyBelow(long number) {
    int lane = 0;
    while (lane < positions.length - 1 && positions[lane] >= number) {
      lane++;
    }
    return (int) (((long) lane * (1L << 32) + positions.length - 1) / positions.length);
  }

  /** The union of this and another progress with the same number of lanes. */
  LaneProgress or(LaneProgress other) {
    long[] both = positions.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] = Math.max(both[i], other.positions[i]);
    }
    return new LaneProgress(both);
  }

  /** The intersection of this progress with all events below a number. */
  LaneProgress and(long number) {
    return new LaneProgress(Arrays.stream(positions).map(p -> Math.min(p, number)).toArray());
  }

  /** The union of this progress with all events below a number. */
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
   * @throws RuntimeException if the bytes hold none
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
