package io.ensrelay.console;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one port. There is a most: for a new one the connection that has been silent
 * or slow for longest has to go, so that thousands of those keep nobody out. Accessed by the port's
 * own thread only.
 */
final class Connections {
  private final int most;

  /** In the order in which they began to wait for a request. */
  private final Set<Connection> waiting = new LinkedHashSet<>();

  private int count;

  Connections(int most) {
    this.most = most;
  }

  /** False: all others are being answered, and this one has to go. */
  boolean opened(Connection connection) {
    count++;
    if (count > most) {
      Iterator<Connection> oldest = waiting.iterator();
      if (!oldest.hasNext()) {
        return false;
      }
      // calls back
      oldest.next().end();
    }
    waiting.add(connection);
    return true;
  }

  void working(Connection connection) {
    waiting.remove(connection);
  }

  void waiting(Connection connection) {
    waiting.add(connection);
  }

  void closed(Connection connection) {
    waiting.remove(connection);
    count--;
  }
}
