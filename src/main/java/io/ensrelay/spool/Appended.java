package io.ensrelay.spool;

import java.util.BitSet;

/**
 * The result of an append, by indexes in the list: every event is stored, except those in these
 * sets.
 *
 * @param copies events that were stored before
 * @param stale snapshots that are older than a stored event of their device; they are dropped
 */
public record Appended(BitSet copies, BitSet stale) {
  /** The result for one event. */
  public enum Outcome {
    STORED,
    COPY,
    STALE
  }

  public Outcome of(int index) {
    return stale.get(index) ? Outcome.STALE : copies.get(index) ? Outcome.COPY : Outcome.STORED;
  }
}
