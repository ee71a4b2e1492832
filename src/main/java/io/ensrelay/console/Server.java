package io.ensrelay.console;

import io.ensrelay.service.TlsMaterial;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;

/**
 * One HTTP port. Requests are read and answers written by one thread that waits for nobody; a
 * request that is there as a whole gets a thread of the pool, the first one of a connection before
 * those of clients that ask on and on. So a slow client costs a connection only, and of these there
 * is a bounded number (see {@link Connections}).
 */
final class Server implements AutoCloseable {
  private static final int LONGEST_LINE = 8 << 10;
  private static final int LONGEST_HEAD = 16 << 10;
  private static final int PIECE = 16 << 10;
  private static final int SENT_AHEAD = 64 << 10;
  private static final int WAITING_TO_BE_ACCEPTED = 1024;

  private final EventLoopGroup loop;
  private final ExecutorService threads;
  private final Channel listening;

  /** What a port does. */
  interface Handler {
    /**
     * Looks at the head of a request, without waiting for anything; empty: the rest may come. After
     * an answer the connection ends.
     */
    Optional<Reply> refuse(Request head);

    /** Of the body of such a request, in bytes. */
    int longestBody(Request head);

    /** Whether that is answered without waiting for anything, so that it needs no thread. */
    boolean isQuick(Request request);

    /** Answers a whole request on a thread of the pool; what it throws is answered as an error. */
    void handle(Request request, Exchange exchange) throws Exception;
  }

  /**
   * @param threads calls that are worked on at the same time, at most
   * @param limits of each connection
   * @param tls what to speak; empty: plain HTTP
   * @throws IOException when the port is in use, or the host is not one of this machine
   */
  Server(
      String host, int port, int threads, Limits limits, Optional<TlsMaterial> tls, Handler handler)
      throws IOException {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(threads, Connection.ORDER),
            new DefaultThreadFactory("http-" + port, true));
    pool.allowCoreThreadTimeOut(true);
    this.threads = pool;
    // all connections on one thread: what they share needs no lock
    loop = new NioEventLoopGroup(1, new DefaultThreadFactory("http-io-" + port, true));
    Connections connections = new Connections(limits.connections());
    ServerBootstrap server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, WAITING_TO_BE_ACCEPTED)
            .option(ChannelOption.SO_REUSEADDR, true)
            // what is kept for pools would be more than ever is under way
            .childOption(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false))
            // what the system takes for somebody who does not read would hide that for minutes
            .childOption(ChannelOption.SO_SNDBUF, SENT_AHEAD)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    tls.ifPresent(material -> channel.pipeline().addLast(secured(material)));
                    channel
                        .pipeline()
                        .addLast(new WriteTimeoutHandler(limits.writeSeconds()))
                        .addLast(new HttpServerCodec(LONGEST_LINE, LONGEST_HEAD, PIECE))
                        .addLast(new FlowControlHandler())
                        .addLast(new ChunkedWriteHandler())
                        .addLast(new Connection(channel, handler, pool, connections, limits));
                  }
                });
    try {
      listening = server.bind(new InetSocketAddress(host, port)).sync().channel();
    } catch (Exception e) { // Netty throws what the socket does, undeclared
      close();
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Asked for each connection: a renewed certificate is used by the next one. */
  private static SslHandler secured(TlsMaterial tls) {
    SSLEngine engine = tls.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(tls.protocols());
    return new SslHandler(engine);
  }

  int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
