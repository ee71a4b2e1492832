package io.ensrelay.destination;

import java.util.Map;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * A refusal that is in the body of an answer, as one event's result or as a code. Its status is the
 * one by which the failure is judged; its message says what the receiver said.
 */
final class HttpRefusal extends HttpOperationFailedException {
  private static final long serialVersionUID = 1L;

  private final String message;

  /**
   * @param where scheme, host and port of the receiver
   * @param body the beginning of what the receiver said
   */
  HttpRefusal(String where, int status, String message, Map<String, String> headers, String body) {
    super(where, status, null, null, headers, body);
    this.message = where + ": " + message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
