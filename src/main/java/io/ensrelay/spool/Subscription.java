package io.ensrelay.spool;

import jakarta.jms.JMSException;

/**
 * A lane's end of a durable subscription. Several of one destination share its events; those of one
 * device come to one of them, in order.
 *
 * <p>What was taken and not confirmed comes again, to this one or another, in order: after {@link
 * #giveBack()}, {@link #close()}, or when the process ends. Every method throws {@code
 * JMSException} when the spool is away, and is of no more use then. Threads: belongs to one lane.
 */
interface Subscription extends AutoCloseable {
  /** An event as it lies in the spool. */
  interface Stored {
    byte[] body() throws JMSException;

    /**
     * @return a String, Long or Boolean; null when there is none
     */
    Object property(String name) throws JMSException;
  }

  /**
   * Takes the next event.
   *
   * @param millis how long to wait for one; 0: not
   * @return null when there is none for so long
   */
  Stored next(long millis) throws JMSException;

  /**
   * Confirms everything that was taken. It is on disk some milliseconds later, and when {@link
   * #giveBack()} or {@link #close()} return; what a kill comes before is taken again.
   */
  void confirm() throws JMSException;

  /** Gives back everything that is not confirmed; it may be taken again at once. */
  void giveBack() throws JMSException;

  @Override
  void close() throws JMSException;
}
