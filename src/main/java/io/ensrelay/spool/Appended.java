package io.ensrelay.spool;

import java.util.BitSet;

/**
 * What became of appended events, by their indexes in the list: they are stored, unless they are in
 * one of these sets.
 *
 * @param copies they were stored before
 * @param stale snapshots that are older than a stored event of their device; they are dropped
 */
public record Appended(BitSet copies, BitSet stale) {
  /** What became of one event. */
  public enum Outcome {
    STORED,
    COPY,
    STALE
  }

  public Outcome of(int index) {
    return stale.get(index) ? Outcome.STALE : copies.get(index) ? Outcome.COPY : Outcome.STORED;
  }
}
