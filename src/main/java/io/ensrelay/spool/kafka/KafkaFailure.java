package io.ensrelay.spool.kafka;

import io.ensrelay.base.BrokerAddresses;
import io.ensrelay.base.FailureReason;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Says what a failure of Kafka's client means and what to do. Threads: stateless. */
public final class KafkaFailure {
  private static final int MOST_CAUSES = 20;

  private KafkaFailure() {}

  /**
   * A line for people. After a time-out it tries to reach the brokers, for up to three seconds:
   * Kafka says nothing else when they are away.
   */
  public static String text(Throwable failure, KafkaSettings settings) {
    Throwable cause = failure;
    for (int i = 0; i < MOST_CAUSES && cause != null; i++, cause = cause.getCause()) {
      Optional<String> meaning = meaning(cause, settings);
      if (meaning.isPresent()) {
        return meaning.get();
      }
    }
    return FailureReason.of(unwrapped(failure)).detail();
  }

  private static Optional<String> meaning(Throwable failure, KafkaSettings settings) {
    if (failure instanceof TopicAuthorizationException refused) {
      return Optional.of(
          "this user may not use the topic "
              + String.join(", ", refused.unauthorizedTopics())
              + " (ACL): allow it to read, write, create and describe it");
    }
    if (failure instanceof GroupAuthorizationException refused) {
      return Optional.of(
          "this user may not use the consumer group " + refused.groupId() + " (ACL): allow READ");
    }
    if (failure instanceof AuthorizationException) {
      return Optional.of("this user is not allowed to (ACL): " + failure.getMessage());
    }
    if (failure instanceof SaslAuthenticationException) {
      return Optional.of(
          "the brokers refuse the credentials (ens.spool.kafka.sasl.*): " + failure.getMessage());
    }
    if (failure instanceof SslAuthenticationException) {
      return Optional.of(
          "TLS with the brokers fails (ens.spool.kafka.ssl.*): "
              + FailureReason.of(failure).detail());
    }
    if (failure instanceof NotEnoughReplicasException
        || failure instanceof NotEnoughReplicasAfterAppendException) {
      return Optional.of(
          "too few brokers are in sync to store it safely (min.insync.replicas); it goes on when"
              + " they are back");
    }
    if (failure instanceof UnknownTopicOrPartitionException) {
      return Optional.of("the topic is missing");
    }
    if (failure instanceof InvalidReplicationFactorException) {
      return Optional.of(
          "the cluster has fewer brokers than ens.spool.kafka.replicas=" + settings.replicas());
    }
    if (failure instanceof PolicyViolationException) {
      return Optional.of("a policy of the cluster forbids it: " + failure.getMessage());
    }
    if (failure instanceof RecordTooLargeException) {
      return Optional.of(
          "the record is larger than the brokers allow (max.message.bytes): "
              + failure.getMessage());
    }
    if (isTimeout(failure)) {
      return Optional.of(
          BrokerAddresses.of(settings.brokers())
              .outage()
              .orElse("no answer in time: " + failure.getMessage()));
    }
    return Optional.empty();
  }

  private static boolean isTimeout(Throwable failure) {
    return failure instanceof org.apache.kafka.common.errors.TimeoutException
        || failure instanceof TimeoutException
        || failure instanceof DisconnectException;
  }

  private static Throwable unwrapped(Throwable failure) {
    boolean isWrapping =
        failure instanceof ExecutionException
            || failure instanceof CompletionException
            || failure.getClass().equals(KafkaException.class);
    return isWrapping && failure.getCause() != null ? failure.getCause() : failure;
  }
}
