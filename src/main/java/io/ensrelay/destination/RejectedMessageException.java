package io.ensrelay.destination;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An AMQP broker rejects a message and does not say that a later attempt could help. No rule knows
 * it, so it is tried again for a while.
 */
public final class RejectedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** As Qpid JMS ends its messages. */
  private static final Pattern CONDITION = Pattern.compile("\\[condition = ([^\\]]+)]");

  /** Of AMQP 1.0, 2.8.15; Artemis says "failed" for whatever it can't store. */
  private static final Set<String> OF_THE_MESSAGE =
      Set.of(
          "failed",
          "amqp:decode-error",
          "amqp:frame-size-too-small",
          "amqp:invalid-field",
          "amqp:not-allowed",
          "amqp:not-implemented",
          "amqp:precondition-failed");

  private RejectedMessageException(Exception failure) {
    super("the broker rejects the message: " + failure.getMessage());
    // not as its cause, whose rule is another
    addSuppressed(failure);
  }

  /** The failure itself, or what it means: that a message is rejected. */
  static Exception in(Exception failure) {
    Matcher condition = CONDITION.matcher(String.valueOf(failure.getMessage()));
    return condition.find() && OF_THE_MESSAGE.contains(condition.group(1))
        ? new RejectedMessageException(failure)
        : failure;
  }
}
