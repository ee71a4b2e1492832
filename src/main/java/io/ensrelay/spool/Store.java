package io.ensrelay.spool;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** Where messages are put on disk. Threads: one. */
interface Store {
  /**
   * A message to be stored.
   *
   * @param properties by their JMS names; {@code _AMQ_DUPL_ID}: a second message of the same value
   *     counts as stored
   */
  record Entry(String address, boolean topic, Map<String, Object> properties, byte[] body) {}

  /**
   * Stores messages in their order, together; returns when they are on disk. After an exception any
   * of them may be stored or not.
   *
   * @return the places in the list of those that were dropped, because they were stored before
   */
  BitSet write(List<Entry> entries) throws Exception;

  /** Lets go of the broker; the next write begins anew. */
  void close();
}
