package io.ensrelay.console;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of one port. Their number is limited: a new one replaces the oldest that no
 * thread works for, so that thousands of silent, slow or greedy clients keep nobody out. Safe for
 * many threads.
 */
final class Connections {
  private final int most;

  /** The oldest first. */
  private final Set<Connection> open = new LinkedHashSet<>();

  Connections(int most) {
    this.most = most;
  }

  /** Adds a new one, and closes it if threads work for all others. */
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
