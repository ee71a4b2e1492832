package io.ensrelay.spool;

import io.ensrelay.event.DeviceDigest;

/**
 * What a resync knows of a device.
 *
 * @param isGuid whether its id is a {@code deviceGuid}; otherwise it is an {@code identifier}
 * @param status as last told; empty: never told
 * @param digest of its last known state, or {@link DeviceDigest#UNKNOWN}
 * @param time of that state, epoch milliseconds
 * @param seen number of the pass that found it last; 0: none
 * @param absent number of the first pass that did not find it and the service did not know it
 *     either, since it was seen last; 0: none
 * @param again when to ask for it again, epoch milliseconds; {@link #NOT} if that is not needed,
 *     {@link #DONE} once it was done
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

  /** A device that nothing is known of. */
  public static KnownDevice unknown(String id, boolean isGuid) {
    return new KnownDevice(id, isGuid, "", DeviceDigest.UNKNOWN, Long.MIN_VALUE, 0, 0, NOT);
  }

  /** After its state at a time has become known: it is there then. */
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

  /** Not found by a pass, and the service does not know it. */
  public KnownDevice absentFrom(long pass) {
    return new KnownDevice(
        id, isGuid, status, digest, time, seen, absent == 0 ? pass : absent, again);
  }

  /** Whether an earlier pass did not find it either. */
  public boolean isAbsentAgain(long pass) {
    return absent != 0 && absent < pass;
  }

  /** To be asked for at a time. */
  public KnownDevice askedAgain(long when) {
    return new KnownDevice(id, isGuid, status, digest, time, seen, absent, when);
  }

  /** What it is now is not known: its next description counts as a change. */
  public KnownDevice uncertain() {
    return new KnownDevice(id, isGuid, status, DeviceDigest.UNKNOWN, time, seen, absent, again);
  }

  /** After an event of it with this state, which follows in the log what was known so far. */
  KnownDevice after(DeviceDigest state, long when) {
    if (when >= time) {
      return is(state, when);
    }
    return state.value() == digest ? this : uncertain();
  }
}
