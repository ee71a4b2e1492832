package io.ensrelay.intake;

import io.ensrelay.event.Event;
import io.ensrelay.spool.log.LogView;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;

/** The event log as a resync uses it. */
interface ResyncLog {
  /** The stored events. */
  LogView view() throws IOException;

  /**
   * Stores events; returns when they are on disk.
   *
   * @return indexes of the events that were dropped because newer events of their devices are
   *     stored
   */
  BitSet store(List<Event> events) throws IOException, InterruptedException;
}
