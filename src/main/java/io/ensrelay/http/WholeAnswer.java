package io.ensrelay.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/**
 * Reads each answer into memory, completely and bounded, before the caller sees it.
 *
 * <p>A call ends within its time limit, from the wait for a connection to the end of the answer;
 * the read time-out cannot ensure that, because it restarts with each byte. A needed body is read
 * up to a number of bytes, counted after decompression; a larger one fails the call. Of an error
 * answer's body it keeps the beginning, as far as that arrives soon, and ignores any error in the
 * rest. If the caller needs only the status, no error in the body of a 2xx fails the call. It
 * closes a connection whose answer was not read completely, so no reused connection has an answer
 * left in it. Threads: safe.
 */
final class WholeAnswer implements ExecChainHandler {
  /** Bytes kept of an error answer's body. */
  static final int BEGINNING = 64 << 10;

  /** Bytes kept of a body whose status alone counts. */
  static final int SEEN = 1024;

  private static final int GZIP_BUFFER = 8 << 10;
  private static final Set<String> GZIP = Set.of("gzip", "x-gzip");

  /** Time for a body that does not decide the call: that of an error answer or an ignored one. */
  private static final Duration REST = Duration.ofSeconds(2);

  private static final long CUT_AGAIN_MILLIS = 250;
  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final Duration longest;
  private final int bytes;
  private final BodyOf2xx wanted;

  /**
   * @param longest from the wait for a connection to the end of the answer
   * @param bytes the limit for a needed body
   */
  WholeAnswer(Duration longest, int bytes, BodyOf2xx wanted) {
    this.longest = longest;
    this.bytes = bytes;
    this.wanted = wanted;
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "http-clock");
              thread.setDaemon(true);
              return thread;
            });
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  /**
   * @throws IOException also if the answer is incomplete at the time limit or too large, or if a
   *     proxy demands credentials; of a broken connection it names host and port
   */
  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    if (wanted == BodyOf2xx.WHOLE && !request.containsHeader(HttpHeaders.ACCEPT_ENCODING)) {
      request.setHeader(HttpHeaders.ACCEPT_ENCODING, "gzip");
    }
    AtomicBoolean late = new AtomicBoolean();
    Future<?> end =
        cutAfter(
            longest,
            () -> {
              late.set(true);
              cut(scope.originalRequest);
              cut(scope.execRuntime);
            });
    try {
      ClassicHttpResponse answer = chain.proceed(request, scope);
      take(answer, scope.execRuntime);
      return answer;
    } catch (IOException | HttpException | RuntimeException e) {
      scope.execRuntime.discardEndpoint();
      if (late.get()) {
        InterruptedIOException inTime =
            new InterruptedIOException(
                "no whole answer from " + address(scope) + " within " + longest.toSeconds() + " s");
        // no cause: the message of the cut connection would hide the time-out
        inTime.addSuppressed(e);
        throw inTime;
      }
      if (e instanceof MessageConstraintException) {
        throw new IOException("the head of the answer is too large: " + e.getMessage());
      }
      if (e instanceof SocketException || e instanceof SocketTimeoutException) {
        throw named((IOException) e, address(scope));
      }
      throw e;
    } finally {
      end.cancel(false);
    }
  }

  /** Java does not say whose socket failed; the client does so only of a failed connect. */
  private static IOException named(IOException failure, String address) {
    String text = String.valueOf(failure.getMessage());
    if (failure instanceof ConnectException || failure instanceof ConnectTimeoutException) {
      return failure;
    }
    IOException named =
        failure instanceof SocketTimeoutException
            ? new SocketTimeoutException(address + ": " + text)
            : new SocketException(address + ": " + text);
    named.initCause(failure);
    return named;
  }

  /** Host and port that were called, also where the request was given another target. */
  private static String address(ExecChain.Scope scope) {
    ClassicHttpRequest request = scope.originalRequest;
    if (request.getAuthority() == null) {
      return scope.route.getTargetHost().toHostString();
    }
    HttpHost host = new HttpHost(request.getScheme(), request.getAuthority());
    return RoutingSupport.normalize(host, DefaultSchemePortResolver.INSTANCE).toHostString();
  }

  private void take(ClassicHttpResponse answer, ExecRuntime connection) throws IOException {
    int status = answer.getCode();
    HttpEntity body = answer.getEntity();
    if (status == HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED) {
      throw new IOException(
          "HTTP 407: the proxy wants a user name and a password, or does not accept them; look at"
              + " the keys that end in proxy-username and proxy-password");
    }
    if (body == null) {
      return;
    }
    boolean refused = status >= HttpStatus.SC_REDIRECTION;
    if (wanted != BodyOf2xx.WHOLE && !refused) {
      byte[] some = some(body, connection);
      answer.removeHeaders(HttpHeaders.CONTENT_ENCODING);
      answer.setEntity(
          wanted == BodyOf2xx.NONE
              ? null
              : new ByteArrayEntity(some, ContentType.parseLenient(body.getContentType())));
      return;
    }
    byte[] content = refused ? beginning(answer, body, connection) : whole(answer, body);
    answer.setEntity(new ByteArrayEntity(content, ContentType.parseLenient(body.getContentType())));
  }

  /** Reads all that comes soon, and keeps what a person may want to see. */
  private static byte[] some(HttpEntity body, ExecRuntime connection) {
    ByteArrayOutputStream kept =
        new ByteArrayOutputStream() {
          @Override
          public void write(byte[] part, int from, int length) {
            super.write(part, from, Math.min(length, SEEN - count));
          }
        };
    soon(connection, () -> drain(body.getContent(), kept, connection));
    return kept.toByteArray();
  }

  private static byte[] beginning(
      ClassicHttpResponse answer, HttpEntity body, ExecRuntime connection) {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    soon(connection, () -> drain(unzipped(answer, body), kept, connection));
    // the content is no longer encoded, or never was
    answer.removeHeaders(HttpHeaders.CONTENT_ENCODING);
    return kept.toByteArray();
  }

  private interface Reading {
    void read() throws IOException;
  }

  /** An error or a delay closes the connection and has no other effect. */
  private static void soon(ExecRuntime connection, Reading reading) {
    Future<?> end = cutAfter(REST, () -> cut(connection));
    try {
      reading.read();
    } catch (IOException | RuntimeException e) {
      connection.discardEndpoint();
    } finally {
      end.cancel(false);
    }
  }

  private static void drain(InputStream in, OutputStream kept, ExecRuntime connection)
      throws IOException {
    byte[] part = new byte[GZIP_BUFFER];
    int count = 0;
    int some = 0;
    while (some >= 0 && count < BEGINNING) {
      kept.write(part, 0, some);
      count += some;
      some = in.read(part, 0, Math.min(part.length, BEGINNING - count));
    }
    if (some >= 0 && in.read() >= 0) {
      // closing it would read the rest
      connection.discardEndpoint();
    } else {
      in.close();
    }
  }

  private byte[] whole(ClassicHttpResponse answer, HttpEntity body) throws IOException {
    InputStream in = unzipped(answer, body);
    byte[] content = in.readNBytes(bytes);
    if (in.read() >= 0) {
      throw new AnswerTooLargeException(bytes);
    }
    in.close();
    return content;
  }

  private static InputStream unzipped(ClassicHttpResponse answer, HttpEntity body)
      throws IOException {
    Header encoding = answer.getFirstHeader(HttpHeaders.CONTENT_ENCODING);
    boolean zipped =
        encoding != null
            && encoding.getValue() != null
            && GZIP.contains(encoding.getValue().strip().toLowerCase(Locale.ROOT));
    if (!zipped) {
      return body.getContent();
    }
    answer.removeHeaders(HttpHeaders.CONTENT_ENCODING);
    PushbackInputStream in = new PushbackInputStream(body.getContent());
    int first = in.read();
    if (first < 0) {
      // an empty body is not compressed
      return in;
    }
    in.unread(first);
    return new GZIPInputStream(in, GZIP_BUFFER);
  }

  /** Repeats the cut, because a call may be between two connections. */
  private static Future<?> cutAfter(Duration time, Runnable cut) {
    return CLOCK.scheduleWithFixedDelay(
        cut, time.toMillis(), CUT_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static void cut(Object call) {
    if (call instanceof Cancellable cancellable) {
      cancellable.cancel();
    }
  }
}
