package io.ensrelay.console;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one port. There is a most: for a new one the oldest goes that no thread works
 * for, so that thousands that are silent, slow or greedy keep nobody out. Safe for many threads.
 */
final class Connections {
  private final int most;

  /** The oldest first. */
  private final Set<Connection> open = new LinkedHashSet<>();

  Connections(int most) {
    this.most = most;
  }

  /** Takes in a new one; it is the one to go when all others are worked for. */
  synchronized void opened(Connection connection) {
    open.add(connection);
    if (open.size() > most) {
      Connection oldest = open.stream().filter(each -> !each.isWorkedFor).findFirst().orElseThrow();
      closed(oldest);
      oldest.end();
    }
  }

  synchronized void closed(Connection connection) {
    open.remove(connection);
  }
}
