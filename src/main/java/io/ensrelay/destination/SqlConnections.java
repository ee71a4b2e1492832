package io.ensrelay.destination;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;

/**
 * Keeps connections to a database between transactions: at most one for each lane, because a lane
 * uses one at a time.
 *
 * <p>A connection that was idle, or whose transaction failed, is tested before it is used again;
 * one that is half an hour old is replaced. A call opens at most one new connection and reports its
 * failure at once: repeated logins with a wrong password could lock the account. Threads: safe.
 */
final class SqlConnections implements AutoCloseable {
  private static final long TEST_AFTER = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_LIFE = Duration.ofMinutes(30).toNanos();
  private static final int TEST_SECONDS = 5;

  /** Shorter than the pause of a lane whose login was refused. */
  private static final long QUIET_AFTER_REFUSAL = Duration.ofSeconds(5).toNanos();

  private final Opening opening;
  private final Predicate<SQLException> isRefusedLogin;
  private final Deque<Kept> idle = new ArrayDeque<>();
  private boolean closed;
  private SQLException refusal;
  private long refusedAt;

  private record Kept(Connection connection, long made, long used, boolean failed) {}

  /** The work of one transaction. */
  interface Work {
    void on(Connection connection) throws SQLException;
  }

  /** Makes a connection. */
  interface Opening {
    Connection open() throws SQLException;
  }

  SqlConnections(Opening opening, Predicate<SQLException> isRefusedLogin) {
    this.opening = opening;
    this.isRefusedLogin = isRefusedLogin;
  }

  /** Runs the work in one transaction: all of it is committed, or nothing. */
  void inTransaction(Work work) throws SQLException {
    Kept kept = take();
    boolean done = false;
    try {
      work.on(kept.connection());
      kept.connection().commit();
      done = true;
    } finally {
      if (done || isRolledBack(kept.connection())) {
        keep(new Kept(kept.connection(), kept.made(), System.nanoTime(), !done));
      } else {
        close(kept.connection());
      }
    }
  }

  private Kept take() throws SQLException {
    for (Kept kept = poll(); kept != null; kept = poll()) {
      if (isGood(kept)) {
        return kept;
      }
      close(kept.connection());
    }
    return open();
  }

  private synchronized Kept poll() {
    return idle.poll();
  }

  private static boolean isGood(Kept kept) {
    long now = System.nanoTime();
    if (now - kept.made() > LONGEST_LIFE) {
      return false;
    }
    if (!kept.failed() && now - kept.used() < TEST_AFTER) {
      return true;
    }
    try {
      return kept.connection().isValid(TEST_SECONDS);
    } catch (SQLException e) {
      return false;
    }
  }

  private Kept open() throws SQLException {
    Connection connection = connect();
    try {
      connection.setAutoCommit(false);
    } catch (SQLException e) {
      close(connection);
      throw e;
    }
    long now = System.nanoTime();
    return new Kept(connection, now, now, false);
  }

  /** A refused login is not repeated at once by other lanes: that could lock the account. */
  private Connection connect() throws SQLException {
    synchronized (this) {
      if (refusal != null && System.nanoTime() - refusedAt < QUIET_AFTER_REFUSAL) {
        throw new SQLException(
            refusal.getMessage(), refusal.getSQLState(), refusal.getErrorCode(), refusal);
      }
    }
    try {
      return opening.open();
    } catch (SQLException e) {
      if (isRefusedLogin.test(e)) {
        synchronized (this) {
          refusal = e;
          refusedAt = System.nanoTime();
        }
      }
      throw e;
    }
  }

  private static boolean isRolledBack(Connection connection) {
    try {
      connection.rollback();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private void keep(Kept kept) {
    synchronized (this) {
      if (!closed) {
        idle.push(kept);
        return;
      }
    }
    close(kept.connection());
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // it is of no use either way
    }
  }

  @Override
  public void close() {
    Deque<Kept> left;
    synchronized (this) {
      closed = true;
      left = new ArrayDeque<>(idle);
      idle.clear();
    }
    left.forEach(kept -> close(kept.connection()));
  }
}
