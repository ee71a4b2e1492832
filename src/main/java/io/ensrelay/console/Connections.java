package io.ensrelay.console;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The connections of one port. There is a most: for a new one the oldest goes that no thread works
 * for, so that thousands that are silent, slow or greedy keep nobody out. Accessed by the port's
 * own thread only.
 */
final class Connections {
  private final int most;

  /** The oldest first. */
  private final Set<Connection> open = new LinkedHashSet<>();

  private final Set<Connection> working = new HashSet<>();

  Connections(int most) {
    this.most = most;
  }

  /** False: all others are worked for, and this one has to go. */
  boolean opened(Connection connection) {
    if (open.size() >= most) {
      Optional<Connection> oldest =
          open.stream().filter(each -> !working.contains(each)).findFirst();
      if (oldest.isEmpty()) {
        return false;
      }
      closed(oldest.get());
      oldest.get().end();
    }
    open.add(connection);
    return true;
  }

  /** A thread works on its call: nobody takes that from it. */
  void working(Connection connection) {
    if (open.contains(connection)) {
      working.add(connection);
    }
  }

  /** It is the turn of the client, or of others. */
  void waiting(Connection connection) {
    working.remove(connection);
  }

  void closed(Connection connection) {
    open.remove(connection);
    working.remove(connection);
  }
}
