package io.ensrelay.spool;

import io.ensrelay.event.DeviceDigest;

/**
 * A device as a resync knows it.
 *
 * @param isGuid whether its id is a {@code deviceGuid}; otherwise it is an {@code identifier}
 * @param status the last known one; empty: unknown
 * @param digest of its last known state, or {@link DeviceDigest#UNKNOWN}
 * @param time of that state, epoch milliseconds
 * @param seen number of the pass that found it last; 0: none
 * @param absent number of the first pass, since it was last seen, from which it was absent; 0: none
 * @param again when to ask for it again, epoch milliseconds; {@link #NOT}: never, {@link #DONE}: it
 *     was asked for again
 */
public record KnownDevice(
    String id,
    boolean isGuid,
    String status,
    long digest,
    long time,
    long seen,
    long absent,
    long again) {

  public static final long NOT = 0;
  public static final long DONE = -1;

  /** An unknown device. */
  public static KnownDevice unknown(String id, boolean isGuid) {
    return new KnownDevice(id, isGuid, "", DeviceDigest.UNKNOWN, Long.MIN_VALUE, 0, 0, NOT);
  }

  /** With its state at a time; if that is newer, the device is not absent. */
  public KnownDevice is(DeviceDigest state, long when) {
    return new KnownDevice(
        id,
        state.isGuid(),
        state.status().orElse(status),
        state.value(),
        when,
        seen,
        when > time ? 0 : absent,
        again);
  }

  /** Found by a pass. */
  public KnownDevice seenBy(long pass) {
    return new KnownDevice(id, isGuid, status, digest, time, pass, 0, again);
  }

  /** Absent from a pass: on no page, and the service does not know it. */
  public KnownDevice absentFrom(long pass) {
    return new KnownDevice(
        id, isGuid, status, digest, time, seen, absent == 0 ? pass : absent, again);
  }

  /** Whether it was absent from an earlier pass too. */
  public boolean isAbsentAgain(long pass) {
    return absent != 0 && absent < pass;
  }

  /** To be asked for again at a time. */
  public KnownDevice askedAgain(long when) {
    return new KnownDevice(id, isGuid, status, digest, time, seen, absent, when);
  }

  /** With an unknown state: its next description counts as a change. */
  public KnownDevice uncertain() {
    return new KnownDevice(id, isGuid, status, DeviceDigest.UNKNOWN, time, seen, absent, again);
  }

  /** With the state of its next event in the log. */
  KnownDevice after(DeviceDigest state, long when) {
    if (when >= time) {
      return is(state, when);
    }
    return state.value() == digest ? this : uncertain();
  }
}
