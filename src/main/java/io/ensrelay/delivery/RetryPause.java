package io.ensrelay.delivery;

import io.ensrelay.base.Platform;
import io.ensrelay.http.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Pauses before the next attempt of a failed delivery, and reports the destination as stalled or
 * refusing. The pause starts at {@code first} and doubles up to {@code longest}, a sixth more or
 * less by chance, so that lanes do not all try at once. A {@code Retry-After} of the answer (RFC
 * 9110: seconds or a date, at most an hour) takes its place. Threads: safe once its setters have
 * been called.
 */
public final class RetryPause implements Processor {
  private static final int MOST_DOUBLINGS = 20;
  private static final double SPREAD = 0.16;

  private Duration first = Duration.ofSeconds(1);
  private Duration longest = Duration.ofMinutes(1);

  public void setFirst(Duration pause) {
    first = pause;
  }

  public void setLongest(Duration pause) {
    longest = pause;
  }

  @Override
  public void process(Exchange exchange) {
    Throwable cause = FailureRules.failure(exchange);
    if (Delivery.isSetAside(exchange, cause)) {
      // Camel calls the processor of the failure before, whose policy had one
      return;
    }
    // Camel has counted this one already
    int failed = exchange.getIn().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class);
    Duration pause = pause(cause, Math.max(0, failed - 1));
    Duration wait = Platform.of(exchange.getContext()).waits().pause(pause);
    Delivery.triesAgain(
        exchange, cause, DeadLetterProducer.answer(cause), Instant.now().plus(pause));
    Duration left = Delivery.pause(exchange, wait);
    exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, left.toMillis());
  }

  /**
   * The pause after a failed try.
   *
   * @param failed how many tries failed before it
   */
  Duration pause(Throwable cause, int failed) {
    return cause instanceof HttpOperationFailedException answer
        ? RetryAfter.of(answer, Instant.now())
            .filter(asked -> !asked.isZero())
            .orElseGet(() -> own(failed))
        : own(failed);
  }

  private Duration own(int failed) {
    long millis = first.toMillis() << Math.min(failed, MOST_DOUBLINGS);
    double chance = ThreadLocalRandom.current().nextDouble(1 - SPREAD, 1 + SPREAD);
    return Duration.ofMillis((long) (Math.min(millis, longest.toMillis()) * chance));
  }
}
