package io.ensrelay.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;

/**
 * Repeats a request at once over another connection if the other side has closed a kept-alive one.
 * Repeats only on a connection used before, and only if no byte of an answer came or the answer is
 * a 408: load balancers end an idle connection with it, meaning that no request arrived. A failure
 * on a new connection counts as a failure. Threads: safe.
 */
final class FreshConnection implements ExecChainHandler {
  /** Bytes kept of a body that can be read only once, to send it a second time. */
  private static final int KEPT_BYTES = 1 << 20;

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    makeRepeatable(request);
    Header[] headers = request.getHeaders();
    while (true) {
      if (!scope.execRuntime.isEndpointAcquired()) {
        scope.execRuntime.acquireEndpoint(
            scope.exchangeId, scope.route, scope.clientContext.getUserToken(), scope.clientContext);
      }
      boolean used = scope.execRuntime.isEndpointConnected();
      try {
        ClassicHttpResponse answer = chain.proceed(request, scope);
        boolean farewell = used && answer.getCode() == HttpStatus.SC_REQUEST_TIMEOUT;
        if (!farewell || !isRepeatable(request) || scope.execRuntime.isExecutionAborted()) {
          return answer;
        }
      } catch (IOException e) {
        boolean stale = used && Transport.isUnanswered(scope.clientContext);
        if (!stale || !isRepeatable(request) || scope.execRuntime.isExecutionAborted()) {
          throw e;
        }
      }
      scope.execRuntime.discardEndpoint();
      request.setHeaders(headers);
    }
  }

  private static boolean isRepeatable(ClassicHttpRequest request) {
    return request.getEntity() == null || request.getEntity().isRepeatable();
  }

  private static void makeRepeatable(ClassicHttpRequest request) throws IOException {
    HttpEntity body = request.getEntity();
    if (body == null || !body.isStreaming() || body.getContentLength() > KEPT_BYTES) {
      return;
    }
    ContentType type = ContentType.parseLenient(body.getContentType());
    InputStream in = body.getContent();
    byte[] kept = in.readNBytes(KEPT_BYTES);
    int next = in.read();
    request.setEntity(
        next < 0
            ? new ByteArrayEntity(kept, type, body.getContentEncoding())
            : new InputStreamEntity(
                new SequenceInputStream(
                    new SequenceInputStream(
                        new ByteArrayInputStream(kept),
                        new ByteArrayInputStream(new byte[] {(byte) next})),
                    in),
                body.getContentLength(),
                type,
                body.getContentEncoding()));
  }
}
