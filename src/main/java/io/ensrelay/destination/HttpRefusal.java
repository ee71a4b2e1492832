package io.ensrelay.destination;

import java.util.Map;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * A refusal that is in the body of an answer, as one event's result or as a code. Its status is the
 * one by which the failure is judged; its message has the status of the answer, who gave it, and
 * what the receiver said.
 */
final class HttpRefusal extends HttpOperationFailedException {
  private static final long serialVersionUID = 1L;

  private final String message;

  /**
   * @param where scheme, host and port of the receiver
   * @param judged the status by which the failure is judged
   * @param answered the status of the answer, or of the event's result in it
   * @param body the beginning of what the receiver said
   */
  HttpRefusal(
      String where,
      int judged,
      int answered,
      String said,
      Map<String, String> headers,
      String body) {
    super(where, judged, null, null, headers, body);
    message = "HTTP " + answered + " from " + where.replaceFirst("^https?://", "") + ": " + said;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
