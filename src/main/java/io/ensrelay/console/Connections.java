package io.ensrelay.console;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one port. There is a most: for a new one the connection goes whose client has
 * been silent, slow or in the queue for longest, so that thousands of those keep nobody out.
 * Accessed by the port's own thread only.
 */
final class Connections {
  private final int most;

  /** In the order in which they began to wait: for a request, a thread, an answer to be read. */
  private final Set<Connection> waiting = new LinkedHashSet<>();

  private int count;

  Connections(int most) {
    this.most = most;
  }

  /** False: all others are worked on, and this one has to go. */
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

  /** A thread works on its call: nobody takes that from it. */
  void working(Connection connection) {
    waiting.remove(connection);
  }

  /** It is the turn of the client, or of others. */
  void waiting(Connection connection) {
    waiting.remove(connection);
    waiting.add(connection);
  }

  void closed(Connection connection) {
    waiting.remove(connection);
    count--;
  }
}
