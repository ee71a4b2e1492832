package io.ensrelay.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HeaderElements;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.message.BasicHttpResponse;
import org.apache.hc.core5.http.nio.AsyncDataProducer;
import org.apache.hc.core5.http.nio.AsyncServerExchangeHandler;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.ResponseChannel;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;
import org.apache.hc.core5.http.nio.support.classic.ContentOutputStream;
import org.apache.hc.core5.http.nio.support.classic.SharedOutputBuffer;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer. The port's I/O thread reads the request and writes the answer piece
 * by piece; a thread of the pool works on it in between.
 */
final class Answer implements AsyncServerExchangeHandler, HttpExchange, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Answer.class);
  private static final int PIECE = 16 << 10;

  /**
   * The order of requests that wait for a thread: first ones of a connection first, then by
   * arrival.
   */
  static final Comparator<Runnable> ORDER =
      Comparator.comparing(
          Answer.class::cast,
          Comparator.<Answer, Boolean>comparing(answer -> answer.isAgain)
              .thenComparing(answer -> answer.since));

  private final Server port;
  private final Connection connection;
  private final boolean isAgain;
  private final long since = System.nanoTime();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final AtomicBoolean isBegun = new AtomicBoolean();
  private Optional<Reply> refused;
  private Request request;
  private ResponseChannel channel;
  private HttpContext context;

  /** Accessed only by the thread that works on it. */
  private boolean isStreaming;

  /** The part of the answer that is written. */
  private volatile Optional<AsyncDataProducer> content = Optional.empty();

  /**
   * @param isAgain whether the connection had a request before
   * @param refused the answer, if the request is refused already
   */
  Answer(Server port, Connection connection, boolean isAgain, Optional<Reply> refused) {
    this.port = port;
    this.connection = connection;
    this.isAgain = isAgain;
    this.refused = refused;
  }

  @Override
  public void handleRequest(
      HttpRequest head, EntityDetails entity, ResponseChannel responses, HttpContext itsContext)
      throws HttpException, IOException {
    channel = responses;
    context = itsContext;
    refused = refused.or(() -> refused(head, entity == null ? 0 : entity.getContentLength()));
    if (isRefused() || entity == null) {
      connection.asked(this);
    } else if (head.containsHeader(HttpHeaders.EXPECT)) {
      channel.sendInformation(new BasicHttpResponse(HttpStatus.SC_CONTINUE), context);
    }
  }

  private Optional<Reply> refused(HttpRequest head, long length) {
    EndpointDetails ends = HttpCoreContext.cast(context).getEndpointDetails();
    InetSocketAddress from = (InetSocketAddress) ends.getRemoteAddress();
    try {
      request =
          new Request(
              head.getMethod(), head.getUri(), head, from.getAddress(), port.port(), new byte[0]);
      return port.handler.refuse(request).or(() -> tooLong(length));
    } catch (URISyntaxException e) {
      return Optional.of(Reply.error(400, "that is no path"));
    } catch (BadCallException e) {
      return Optional.of(Reply.error(e.status(), e.getMessage()));
    }
  }

  private Optional<Reply> tooLong(long length) {
    int longest = port.handler.longestBody(request);
    return length > longest
        ? Optional.of(Reply.error(413, "the body is longer than " + longest + " bytes"))
        : Optional.empty();
  }

  @Override
  public void updateCapacity(CapacityChannel capacity) throws IOException {
    capacity.update(Integer.MAX_VALUE);
  }

  /** Reads and drops the bytes after a refusal, so that the client can read the reason. */
  @Override
  public void consume(ByteBuffer piece) {
    if (isRefused()) {
      return;
    }
    byte[] bytes = new byte[piece.remaining()];
    piece.get(bytes);
    body.writeBytes(bytes);
    refused = tooLong(body.size());
    if (isRefused()) {
      connection.asked(this);
    }
  }

  @Override
  public void streamEnd(List<? extends Header> trailers) {
    if (!isRefused()) {
      request = request.with(body.toByteArray());
      connection.asked(this);
    }
  }

  boolean isRefused() {
    return refused.isPresent();
  }

  /** The complete request. */
  Request request() {
    return request;
  }

  @Override
  public void run() {
    connection.isWorkedFor = true;
    work();
  }

  /** Answers. The thread may wait, unless the answer is there at once. */
  void work() {
    try {
      if (isRefused()) {
        send(refused.get().with(HttpHeaders.CONNECTION, HeaderElements.CLOSE));
      } else {
        port.handler.handle(request, this);
      }
    } catch (BadCallException e) {
      send(Reply.error(e.status(), e.getMessage()));
    } catch (IllegalArgumentException e) {
      send(Reply.error(400, String.valueOf(e.getMessage())));
    } catch (IOException e) {
      // the caller is gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.debug("a call failed", e);
      send(Reply.error(500, "that failed: " + e.getMessage()));
    } finally {
      if (!isBegun.get() || isStreaming) {
        connection.end();
      }
    }
  }

  @Override
  public void send(Reply reply) {
    if (isBegun.getAndSet(true)) {
      connection.end();
      return;
    }
    connection.isWorkedFor = false;
    BasicAsyncEntityProducer whole = new BasicAsyncEntityProducer(reply.body(), null);
    content = Optional.of(whole);
    respond(reply, whole);
  }

  @Override
  public OutputStream stream(String type) {
    isBegun.set(true);
    isStreaming = true;
    Stream endless = new Stream(new SharedOutputBuffer(PIECE));
    content = Optional.of(endless);
    respond(new Reply(200, type, new byte[0]), new BasicEntityDetails(-1, null));
    return endless;
  }

  private void respond(Reply reply, EntityDetails entity) {
    // the phrase of the library for that status is in no standard
    boolean isTooLong = reply.status() == HttpStatus.SC_REQUEST_TOO_LONG;
    HttpResponse response =
        new BasicHttpResponse(reply.status(), isTooLong ? "Request Entity Too Large" : null);
    response.setHeader(HttpHeaders.CONTENT_TYPE, reply.type());
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    reply.headers().forEach(response::setHeader);
    try {
      channel.sendResponse(response, entity, context);
    } catch (HttpException | IOException e) {
      failed(e);
      connection.end();
    }
  }

  @Override
  public int available() {
    return content.map(AsyncDataProducer::available).orElse(0);
  }

  @Override
  public void produce(DataStreamChannel out) throws IOException {
    content.orElseThrow().produce(out);
  }

  @Override
  public void failed(Exception cause) {
    LOG.debug("a connection ended: {}", cause.toString());
  }

  @Override
  public void releaseResources() {
    port.threads.remove(this);
    content.ifPresent(AsyncDataProducer::releaseResources);
  }

  /** Holds one piece at most; a write waits until the client has taken the one before. */
  private final class Stream extends ContentOutputStream implements AsyncDataProducer {
    private final SharedOutputBuffer buffer;
    private volatile DataStreamChannel out;

    Stream(SharedOutputBuffer buffer) {
      super(buffer);
      this.buffer = buffer;
    }

    @Override
    public void flush() {
      out.requestOutput();
    }

    @Override
    public void close() throws IOException {
      super.close();
      isStreaming = false;
    }

    @Override
    public int available() {
      return buffer.length();
    }

    @Override
    public void produce(DataStreamChannel channel) throws IOException {
      out = channel;
      buffer.flush(channel);
    }

    @Override
    public void releaseResources() {
      buffer.abort();
    }
  }
}
