package io.ensrelay.faults;

import java.util.List;
import java.util.Map;

/**
 * What a shipped sink sends to. It refuses every event until {@link #accept()}: wrong credentials,
 * or no topic, table or queue. What it has accepted before {@link #stop()} is there after the next
 * {@link #start()}, at the same address.
 */
public interface Receiver extends AutoCloseable {
  /** The keys of the destination, without those that every destination has. */
  Map<String, Object> settings();

  /** Returns once it takes connections. */
  void start() throws Exception;

  /** At once, without a word to those who are connected; a process is killed. */
  void stop() throws Exception;

  /** From now on it accepts events, but a bad one. */
  void accept() throws Exception;

  /** How many events it has, repetitions with them; costs little. */
  long count() throws Exception;

  /** All events it has, in the order in which they came. */
  Account account() throws Exception;

  /** Methods and targets, or topics, that anything was sent to; empty: it has only one. */
  default List<String> targets() throws Exception {
    return List.of();
  }

  @Override
  default void close() throws Exception {
    stop();
  }
}
