package io.ensrelay.console;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one port. There is a most: for a new one the connection that has been silent
 * or slow for longest has to go, and when all are worked on, one that was answered before, so that
 * thousands of those keep nobody out. Accessed by the port's own thread only.
 */
final class Connections {
  private final int most;

  /** In the order in which they began to wait for a request, or for an answer to be read. */
  private final Set<Connection> waiting = new LinkedHashSet<>();

  /** Those that are worked on again: one that asks on and on leaves room for one that begins. */
  private final Set<Connection> again = new LinkedHashSet<>();

  private int count;

  Connections(int most) {
    this.most = most;
  }

  /** False: all others are worked on for the first time, and this one has to go. */
  boolean opened(Connection connection) {
    count++;
    if (count > most) {
      Iterator<Connection> oldest = (waiting.isEmpty() ? again : waiting).iterator();
      if (!oldest.hasNext()) {
        return false;
      }
      // calls back
      oldest.next().end();
    }
    waiting.add(connection);
    return true;
  }

  /**
   * A call is worked on.
   *
   * @param isFirst of this connection: nobody takes that from it
   */
  void working(Connection connection, boolean isFirst) {
    waiting.remove(connection);
    if (!isFirst) {
      again.add(connection);
    }
  }

  /** It is the client's turn. */
  void waiting(Connection connection) {
    forget(connection);
    waiting.add(connection);
  }

  void closed(Connection connection) {
    forget(connection);
    count--;
  }

  private void forget(Connection connection) {
    waiting.remove(connection);
    again.remove(connection);
  }
}
