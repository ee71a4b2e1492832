package io.ensrelay.event;

/**
 * A message of the service on its way through the intake: the one object that travels with it, as
 * the exchange property {@link #PROPERTY}. The route's first step puts it there, the spool reads
 * it, and the step behind the spool acknowledges it. Threads: safe.
 */
public interface ReceivedMessage {
  /** The name of the exchange property. */
  String PROPERTY = "ensMessage";

  /** When the message was received, by the clock: epoch milliseconds. */
  long receivedMillis();

  /**
   * True when the service sends the message again, because the connection it came on is lost: its
   * events must not be stored any more.
   */
  boolean comesAgain();

  /**
   * The message's events are on disk: lets the service forget it, in the order of receipt. Does
   * nothing when it comes again, and nothing a second time.
   */
  void acknowledge();
}
