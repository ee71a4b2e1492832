package io.ensrelay.event;

/**
 * A message of the service in the intake route, as the exchange property {@link #PROPERTY}. The
 * route's first step sets it, the spool reads it, and the step after the spool acknowledges it.
 * Threads: safe.
 */
public interface ReceivedMessage {
  /** The name of the exchange property. */
  String PROPERTY = "ensMessage";

  /** Time of receipt of the message, epoch milliseconds. */
  long receivedMillis();

  /**
   * True if the service redelivers the message because its connection is lost: its events must not
   * be stored any more.
   */
  boolean comesAgain();

  /**
   * Acknowledges the message to the service, in the order of receipt; called when its events are on
   * disk. Does nothing if the service redelivers the message, and nothing a second time.
   */
  void acknowledge();
}
