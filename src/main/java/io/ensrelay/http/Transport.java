package io.ensrelay.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Sends a request and receives the head of its answer. After a failure it records whether any byte
 * of an answer came, and it reports a proxy's refusal as the proxy's.
 */
final class Transport extends HttpRequestExecutor {
  private static final String UNANSWERED = "ens.unanswered";

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request,
      HttpClientConnection connection,
      HttpResponseInformationCallback information,
      HttpContext context)
      throws IOException, HttpException {
    EndpointDetails details = connection.getEndpointDetails();
    long before = details == null ? -1 : details.getReceivedBytesCount();
    context.removeAttribute(UNANSWERED);
    try {
      ClassicHttpResponse answer = super.execute(request, connection, information, context);
      if (Method.CONNECT.isSame(request.getMethod())) {
        requireTunnel(answer.getCode());
      }
      return answer;
    } catch (InterruptedIOException e) {
      // a time-out: the server may be processing the request
      throw e;
    } catch (IOException e) {
      if (details != null && details.getReceivedBytesCount() == before) {
        context.setAttribute(UNANSWERED, true);
      }
      throw e;
    }
  }

  /** Whether the last request of this context failed without a byte of an answer. */
  static boolean isUnanswered(HttpContext context) {
    return context.getAttribute(UNANSWERED) != null;
  }

  /** The endpoint has not seen the request yet, so only the proxy can have refused it. */
  private static void requireTunnel(int status) throws IOException {
    boolean refused = status >= HttpStatus.SC_REDIRECTION;
    if (refused && status != HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED) {
      throw new IOException("the proxy does not connect to the endpoint: HTTP " + status);
    }
  }
}
