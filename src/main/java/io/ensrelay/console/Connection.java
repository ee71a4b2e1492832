package io.ensrelay.console;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.stream.ChunkedStream;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: reads a request, has it answered, reads the next one. A request that is not there as
 * a whole in time ends the connection. The port's own thread does all this, except what {@link
 * Answer} says.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** For who sends the next request before the answer, which no usual client does. */
  private static final int EAGER_MILLIS = 1000;

  private static final int PIECE = 16 << 10;
  private static final HttpVersion HTTP = HttpVersion.HTTP_1_1;

  /** Of what waits for a thread: first ones of a connection first, then as they came. */
  static final Comparator<Runnable> ORDER =
      Comparator.comparing(
          Answer.class::cast,
          Comparator.<Answer, Boolean>comparing(answer -> answer.again)
              .thenComparing(answer -> answer.since));

  private final SocketChannel channel;
  private final Server.Handler handler;
  private final ThreadPoolExecutor threads;
  private final Connections connections;
  private final Limits limits;
  private final Object writable = new Object();

  private Future<?> deadline;
  private Optional<Request> head = Optional.empty();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private boolean keepAlive;
  private boolean leaving;
  private boolean again;
  private boolean isEager;
  private Optional<Answer> queued = Optional.empty();

  Connection(
      SocketChannel channel,
      Server.Handler handler,
      ThreadPoolExecutor threads,
      Connections connections,
      Limits limits) {
    this.channel = channel;
    this.handler = handler;
    this.threads = threads;
    this.connections = connections;
    this.limits = limits;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    within(limits.firstSeconds());
    if (!connections.opened(this)) {
      end();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    connections.closed(this);
    queued.ifPresent(threads::remove);
    wakeWriter();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    wakeWriter();
  }

  private void wakeWriter() {
    synchronized (writable) {
      writable.notifyAll();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a connection ended: {}", cause.toString());
    end();
  }

  void end() {
    channel.close();
  }

  private void within(int seconds) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    deadline = channel.eventLoop().schedule(this::end, seconds, TimeUnit.SECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (leaving) {
        return;
      }
      if (message instanceof HttpRequest request) {
        begun(request);
      }
      if (message instanceof HttpContent content && head.isPresent()) {
        went(content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begun(HttpRequest request) {
    keepAlive = false;
    if (request.decoderResult().isFailure()) {
      leave(unreadable(request.decoderResult()));
      return;
    }
    Request asked;
    try {
      URI uri = new URI(request.uri());
      if (uri.getPath() == null) {
        leave(Reply.error(400, "that is no path"));
        return;
      }
      asked =
          new Request(
              request.method().name(),
              uri,
              request.headers(),
              channel.remoteAddress().getAddress(),
              channel.localAddress().getPort(),
              new byte[0]);
    } catch (URISyntaxException e) {
      leave(Reply.error(400, "that is no path"));
      return;
    }
    head = Optional.of(asked);
    Optional<Reply> refused = refused(asked);
    if (refused.isPresent()) {
      leave(refused.get());
    } else if (HttpUtil.getContentLength(request, 0L) > handler.longestBody(asked)) {
      leave(tooLong(asked));
    } else {
      keepAlive = HttpUtil.isKeepAlive(request) && request.protocolVersion().equals(HTTP);
      if (HttpUtil.is100ContinueExpected(request)) {
        channel.writeAndFlush(new DefaultFullHttpResponse(HTTP, HttpResponseStatus.CONTINUE));
      }
    }
  }

  private Optional<Reply> refused(Request asked) {
    try {
      return handler.refuse(asked);
    } catch (BadCallException e) {
      return Optional.of(Reply.error(e.status(), e.getMessage()));
    }
  }

  private static Reply unreadable(DecoderResult result) {
    if (result.cause() instanceof TooLongHttpLineException) {
      return Reply.error(414, "the first line of the request is too long");
    }
    return result.cause() instanceof TooLongHttpHeaderException
        ? Reply.error(431, "the headers of the request are too long")
        : Reply.error(400, "that is not HTTP");
  }

  private Reply tooLong(Request asked) {
    return Reply.error(413, "the body is longer than " + handler.longestBody(asked) + " bytes");
  }

  private void went(HttpContent content) {
    Request asked = head.orElseThrow();
    if (content.decoderResult().isFailure()) {
      leave(unreadable(content.decoderResult()));
      return;
    }
    ByteBuf bytes = content.content();
    if (body.size() + bytes.readableBytes() > handler.longestBody(asked)) {
      leave(tooLong(asked));
      return;
    }
    byte[] piece = new byte[bytes.readableBytes()];
    bytes.readBytes(piece);
    body.writeBytes(piece);
    if (content instanceof LastHttpContent) {
      complete(asked.with(body.toByteArray()));
    }
  }

  private void complete(Request request) {
    deadline.cancel(false);
    channel.config().setAutoRead(false);
    body.reset();
    head = Optional.empty();
    Answer answer = new Answer(request, again);
    again = true;
    if (isEager) {
      channel.eventLoop().schedule(() -> begin(answer), EAGER_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      begin(answer);
    }
  }

  private void begin(Answer answer) {
    if (!channel.isActive()) {
      return;
    }
    if (handler.isQuick(answer.request)) {
      answer.work();
      return;
    }
    try {
      queued = Optional.of(answer);
      threads.execute(answer);
    } catch (RejectedExecutionException e) {
      end();
    }
  }

  /** The next request may come. */
  private void answered() {
    if (!keepAlive) {
      end();
    } else if (channel.isActive()) {
      within(limits.nextSeconds());
      connections.waiting(this);
      // a next request that is there already comes at once
      isEager = true;
      channel.config().setAutoRead(true);
      isEager = false;
    }
  }

  /** Answers before the request is there as a whole, so that what follows can't be understood. */
  private void leave(Reply reply) {
    leaving = true;
    keepAlive = false;
    boolean hasMore =
        head.filter(Request::isReading).isEmpty() && channel.isActive() && reply.status() != 400;
    within(limits.leavingSeconds());
    write(head, reply, hasMore ? () -> {} : this::end);
  }

  /** Accessed by the port's own thread only. */
  private void write(Optional<Request> request, Reply reply, Runnable then) {
    if (!channel.isActive()) {
      return;
    }
    connections.waiting(this);
    DefaultHttpResponse response = response(reply.status(), reply.type());
    reply.headers().forEach((name, value) -> response.headers().set(name, value));
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
    boolean head = request.filter(asked -> asked.method().equals("HEAD")).isPresent();
    channel.write(response);
    channel
        .writeAndFlush(
            head || reply.body().length == 0
                ? LastHttpContent.EMPTY_LAST_CONTENT
                : new HttpChunkedInput(
                    new ChunkedStream(new ByteArrayInputStream(reply.body()), PIECE)))
        .addListener(
            (ChannelFutureListener)
                written -> {
                  if (written.isSuccess()) {
                    then.run();
                  } else {
                    end();
                  }
                });
  }

  private DefaultHttpResponse response(int status, String type) {
    DefaultHttpResponse response =
        new DefaultHttpResponse(HTTP, HttpResponseStatus.valueOf(status));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    response.headers().set("X-Content-Type-Options", "nosniff");
    HttpUtil.setKeepAlive(response, keepAlive);
    return response;
  }

  /** Of one request; a thread of the pool works on it. */
  final class Answer implements Exchange, Runnable {
    /** Whether the connection had one before. */
    private final boolean again;

    private final long since = System.nanoTime();

    private final Request request;
    private final AtomicBoolean begun = new AtomicBoolean();
    private boolean streaming;

    Answer(Request request, boolean again) {
      this.request = request;
      this.again = again;
    }

    @Override
    public void run() {
      channel.eventLoop().execute(() -> connections.working(Connection.this));
      work();
    }

    private void work() {
      try {
        handler.handle(request, this);
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
        if (streaming || !begun.get()) {
          end();
        }
      }
    }

    @Override
    public void send(Reply reply) {
      if (begun.compareAndSet(false, true)) {
        channel
            .eventLoop()
            .execute(() -> write(Optional.of(request), reply, Connection.this::answered));
      } else {
        end();
      }
    }

    @Override
    public OutputStream stream(String type) {
      begun.set(true);
      streaming = true;
      channel
          .eventLoop()
          .execute(
              () -> {
                HttpResponse response = response(200, type);
                HttpUtil.setTransferEncodingChunked(response, true);
                channel.write(response);
              });
      return new Stream();
    }

    private final class Stream extends OutputStream {
      private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        for (int at = from; at < from + length; ) {
          int some = Math.min(PIECE - waiting.size(), from + length - at);
          waiting.write(bytes, at, some);
          at += some;
          if (waiting.size() == PIECE) {
            flush();
          }
        }
      }

      @Override
      public void flush() throws IOException {
        if (waiting.size() > 0) {
          channel.writeAndFlush(
              new DefaultHttpContent(Unpooled.wrappedBuffer(waiting.toByteArray())));
          waiting.reset();
        }
        awaitWritable();
      }

      @Override
      public void close() {
        end();
      }
    }

    private void awaitWritable() throws IOException {
      long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(limits.writeSeconds());
      synchronized (writable) {
        while (channel.isActive() && !channel.isWritable() && System.nanoTime() < ends) {
          try {
            TimeUnit.NANOSECONDS.timedWait(writable, ends - System.nanoTime());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the relay stops", e);
          }
        }
      }
      if (!channel.isActive() || !channel.isWritable()) {
        end();
        throw new IOException("who watched is gone, or does not read");
      }
    }
  }
}
