package io.ensrelay.console;

import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.DefaultListeningIOReactor;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP port. Requests are read and answers written by one thread that waits for nobody; a
 * complete request gets a thread of the pool, the first one of a connection before those of clients
 * that ask on and on. So a slow client costs only a connection, and their number is bounded (see
 * {@link Connections}). All threads are daemons.
 */
final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  final ClientLimits limits;
  final Handler handler;
  final Connections connections;
  final ThreadPoolExecutor threads;

  /** Ends slow connections. */
  final ScheduledThreadPoolExecutor clock;

  private final Optional<TlsMaterial> tls;
  private volatile InetSocketAddress address;
  private DefaultListeningIOReactor reactor;

  /** Answers the requests of a port. */
  interface Handler {
    /**
     * Looks at the head of a request, without waiting for anything; empty: the rest may come. After
     * an answer the connection ends.
     */
    Optional<Reply> refuse(Request head);

    /** The longest body of such a request, in bytes. */
    int longestBody(Request head);

    /** Whether the request is answered without waiting, and so needs no thread. */
    boolean isQuick(Request request);

    /** Answers a whole request on a thread of the pool; an exception is answered as an error. */
    void handle(Request request, HttpExchange exchange) throws Exception;
  }

  /**
   * @param threads calls that are worked on at the same time, at most
   * @param limits of each connection
   * @param tls what to speak; empty: plain HTTP
   * @throws IOException when the port is in use, or the host is not one of this machine
   */
  Server(
      String host,
      int port,
      int threads,
      ClientLimits limits,
      Optional<TlsMaterial> tls,
      Handler handler)
      throws IOException {
    this.limits = limits;
    this.tls = tls;
    this.handler = handler;
    connections = new Connections(limits.connections());
    this.threads =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(threads, Answer.ORDER),
            new DefaultThreadFactory("http-" + port, true),
            new ThreadPoolExecutor.DiscardPolicy());
    this.threads.allowCoreThreadTimeOut(true);
    clock =
        new ScheduledThreadPoolExecutor(
            1,
            new DefaultThreadFactory("http-clock-" + port, true),
            new ThreadPoolExecutor.DiscardPolicy());
    clock.setRemoveOnCancelPolicy(true);
    address = new InetSocketAddress(host, port);
    try {
      open();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private synchronized void open() throws IOException {
    AtomicBoolean hasFailed = new AtomicBoolean();
    reactor =
        new DefaultListeningIOReactor(
            (session, attachment) -> accepted(session),
            config(),
            new DefaultThreadFactory("http-io-" + port(), true),
            new DefaultThreadFactory("http-accept-" + port(), true),
            null,
            cause -> {
              if (hasFailed.compareAndSet(false, true)) {
                openLater(cause);
              }
            },
            null,
            null);
    reactor.start();
    try {
      address = (InetSocketAddress) reactor.listen(address, null).get().getAddress();
    } catch (ExecutionException e) {
      // the text before the last colon is the library's call of the system
      throw new IOException(e.getMessage().replaceFirst(".*: ", ""), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the relay stops", e);
    }
  }

  private IOReactorConfig config() {
    return IOReactorConfig.custom()
        // all connections on one thread: what one of them has needs no lock
        .setIoThreadCount(1)
        .setBacklogSize(1024)
        .setSoReuseAddress(true)
        // a large buffer of the system would hide for minutes that a client does not read
        .setSndBufSize(64 << 10)
        .setSoTimeout(Timeout.ofSeconds(limits.writeSeconds()))
        .build();
  }

  /** The library gives up a port that it can't accept at, as without a free file descriptor. */
  private void openLater(Exception cause) {
    if (!clock.isShutdown()) {
      LOG.warn(
          "Port {} takes no connections, the relay opens it again in a second: {}",
          port(),
          cause.toString());
      clock.schedule(this::openAgain, 1, TimeUnit.SECONDS);
    }
  }

  private synchronized void openAgain() {
    reactor.close(CloseMode.IMMEDIATE);
    if (clock.isShutdown()) {
      return;
    }
    try {
      open();
    } catch (IOException | IllegalStateException e) {
      openLater(e);
    }
  }

  private IOEventHandler accepted(ProtocolIOSession session) {
    // asked for each connection: a renewed certificate is used by the next one
    tls.ifPresent(
        material ->
            session.startTls(
                material.context(),
                null,
                SSLBufferMode.DYNAMIC,
                (endpoint, engine) -> engine.setEnabledProtocols(material.protocols()),
                null,
                null));
    Connection connection = new Connection(this, session);
    connections.opened(connection);
    return connection.events();
  }

  int port() {
    return address.getPort();
  }

  @Override
  public void close() {
    clock.shutdownNow();
    threads.shutdownNow();
    synchronized (this) {
      reactor.close(CloseMode.IMMEDIATE);
    }
  }
}
