package io.ensrelay.service;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Printable;
import io.ensrelay.base.Redaction;
import io.ensrelay.http.RetryAfter;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Handles a failed metadata call: reports it to the store, and sets the pause that the service
 * asked for with {@code Retry-After}, between a second and an hour.
 */
public final class MetadataFailure implements Processor {
  private static final long SHORTEST_MILLIS = 1000;
  private static final int LONGEST_REASON = 500;

  private final MetadataStore store;

  public MetadataFailure(MetadataStore store) {
    this.store = store;
  }

  @Override
  public void process(Exchange exchange) {
    Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    if (failure instanceof RejectedExecutionException) {
      // the route stops
      return;
    }
    store.failed(reason(failure));
    if (failure instanceof HttpOperationFailedException refused) {
      RetryAfter.of(refused, Instant.now())
          .map(pause -> Math.max(SHORTEST_MILLIS, pause.toMillis()))
          .ifPresent(millis -> exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, millis));
    }
  }

  static String reason(Throwable failure) {
    if (failure instanceof HttpOperationFailedException refused) {
      return "HTTP " + refused.getStatusCode() + hint(refused.getStatusCode());
    }
    Throwable cause = failure;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    if (cause instanceof UnknownHostException) {
      return "the host " + Printable.line(cause.getMessage(), LONGEST_REASON) + " is not known";
    }
    if (cause instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    boolean isClear =
        cause instanceof ConfigurationException
            || cause instanceof IllegalArgumentException
            || cause instanceof IOException;
    String type =
        isClear && cause.getMessage() != null ? "" : cause.getClass().getSimpleName() + ": ";
    String text = (type + cause.getMessage()).lines().findFirst().orElse(type);
    return Printable.line(Redaction.text(text), LONGEST_REASON);
  }

  private static String hint(int status) {
    return switch (status) {
      case 401 -> ", check ens.api.username and ens.api.password, or the client certificate";
      case 403 -> ", the user needs the CPS role";
      case 404 -> ", check ens.api.url";
      default -> "";
    };
  }
}
