package io.ensrelay.destination;

import java.util.List;
import java.util.stream.Stream;

/** A broker does not take a message because of its size, and will not take it again. */
public final class MessageTooLargeException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int MOST_CAUSES = 10;

  /** Names of exceptions, conditions and codes by which brokers and clients say so. */
  private static final List<String> SIGNS =
      List.of(
          // AMQP 1.0, 2.8.18
          "amqp:link:message-size-exceeded",
          // Artemis: larger than a record of its journal
          "AMQ149005",
          // ActiveMQ Classic
          "MaxFrameSizeExceededException",
          // IBM MQ, its reasons 2030, 2031 and 2218
          "MQRC_MSG_TOO_BIG_FOR_Q",
          "MQRC_MSG_TOO_BIG_FOR_CHANNEL");

  private MessageTooLargeException(Exception failure) {
    super("the broker does not take a message of this size: " + failure.getMessage(), failure);
  }

  /** The failure itself, or what it means: that a message is too large. */
  static Exception in(Exception failure) {
    boolean isMeant =
        Stream.<Throwable>iterate(failure, each -> each != null, Throwable::getCause)
            .limit(MOST_CAUSES)
            .map(Throwable::toString)
            .anyMatch(text -> SIGNS.stream().anyMatch(text::contains));
    return isMeant ? new MessageTooLargeException(failure) : failure;
  }
}
