package io.ensrelay.destination;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/**
 * Bounds a call in time and its answer in size: the time-out of a read starts anew with each byte,
 * and an answer without an end would hold its lane for ever. Of an answer's body the beginning is
 * kept; the connection of a longer one is not used again. Threads: safe.
 */
final class WholeAnswer implements ExecChainHandler {
  private static final int MAX_BODY_BYTES = 64 << 10;
  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final Duration limit;

  /**
   * @param limit from the wait for a connection to the end of the answer
   */
  WholeAnswer(Duration limit) {
    this.limit = limit;
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "webhook-clock");
              thread.setDaemon(true);
              return thread;
            });
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  /**
   * @throws IOException also when there was no whole answer in time
   */
  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    AtomicBoolean late = new AtomicBoolean();
    ScheduledFuture<?> end =
        CLOCK.schedule(
            () -> {
              late.set(true);
              cut(scope.execRuntime);
            },
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      ClassicHttpResponse answer = chain.proceed(request, scope);
      keepBeginning(answer, scope.execRuntime);
      return answer;
    } catch (IOException | RuntimeException e) {
      if (late.get()) {
        InterruptedIOException inTime =
            new InterruptedIOException("no whole answer within " + limit.toSeconds() + " s");
        inTime.initCause(e);
        throw inTime;
      }
      throw e;
    } finally {
      end.cancel(false);
    }
  }

  private static void keepBeginning(ClassicHttpResponse answer, ExecRuntime connection)
      throws IOException {
    HttpEntity body = answer.getEntity();
    if (body == null) {
      return;
    }
    InputStream content = body.getContent();
    byte[] kept = content.readNBytes(MAX_BODY_BYTES);
    if (content.read() >= 0) {
      // to close it would read the rest
      cut(connection);
    } else {
      content.close();
    }
    answer.setEntity(new ByteArrayEntity(kept, ContentType.parseLenient(body.getContentType())));
  }

  /** From any thread. */
  private static void cut(ExecRuntime connection) {
    if (connection instanceof Cancellable call) {
      call.cancel();
    }
  }
}
