package io.ensrelay.destination;

import io.ensrelay.delivery.Delivery;
import io.ensrelay.http.RetryAfter;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Called at each failure that is retried: reports the destination as stalled, and pauses as the
 * {@code Retry-After} of the answer says (RFC 9110: seconds or a date), up to an hour.
 */
public final class Retry implements Processor {
  @Override
  public void process(Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Delivery.triesAgain(exchange, cause);
    exchange.getIn().removeHeader(Exchange.REDELIVERY_DELAY);
    if (cause instanceof HttpOperationFailedException answer) {
      RetryAfter.of(answer, Instant.now())
          .filter(pause -> !pause.isZero())
          .ifPresent(
              pause -> exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, pause.toMillis()));
    }
  }
}
