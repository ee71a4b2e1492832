package io.ensrelay.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * Reads no answer, good or bad, past 1 MB after decompression or for longer than it may take: past
 * that, reading fails. The time-out of the client is about silence only, not about trickling.
 */
final class AnswerLimit implements ExecChainHandler {
  static final int BYTES = 1 << 20;

  private final Duration longest;

  AnswerLimit(Duration longest) {
    this.longest = longest;
  }

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    ClassicHttpResponse response = chain.proceed(request, scope);
    HttpEntity entity = response.getEntity();
    if (entity != null) {
      response.setEntity(new Limited(entity, scope.execRuntime));
    }
    return response;
  }

  private final class Limited extends HttpEntityWrapper {
    private final ExecRuntime connection;

    Limited(HttpEntity entity, ExecRuntime connection) {
      super(entity);
      this.connection = connection;
    }

    @Override
    public InputStream getContent() throws IOException {
      return new LimitedStream(super.getContent(), connection);
    }
  }

  private final class LimitedStream extends InputStream {
    private final InputStream in;
    private final ExecRuntime connection;
    private final long deadline = System.nanoTime() + longest.toNanos();
    private int left = BYTES;

    LimitedStream(InputStream in, ExecRuntime connection) {
      this.in = in;
      this.connection = connection;
    }

    @Override
    public int read() throws IOException {
      int one = in.read();
      count(one < 0 ? 0 : 1);
      return one;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int some = in.read(buffer, offset, length);
      count(Math.max(some, 0));
      return some;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }

    private void count(int bytes) throws IOException {
      left -= bytes;
      if (left < 0) {
        cut();
        throw new IOException("the answer is larger than " + BYTES + " bytes");
      }
      if (System.nanoTime() - deadline > 0) {
        cut();
        throw new InterruptedIOException(
            "the answer takes longer than " + longest.toSeconds() + " s");
      }
    }

    /** Closing a stream would first read it to its end. */
    private void cut() {
      connection.discardEndpoint();
    }
  }
}
