package io.ensrelay.console;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One HTTP port with threads of its own. */
final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  private final HttpServer http;
  private final ExecutorService threads;

  /** Answers one call; what it throws is answered with an error. */
  @FunctionalInterface
  interface Handler {
    void handle(HttpExchange exchange) throws Exception;
  }

  /**
   * @param threads calls that are answered at the same time, at most
   * @throws BindException when the port is in use, or the host is not one of this machine
   */
  Server(String host, int port, int threads, Handler handler) throws IOException {
    http = HttpServer.create(new InetSocketAddress(host, port), 0);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(1000),
            task -> {
              Thread thread = new Thread(task, "http-" + port);
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    this.threads = pool;
    http.setExecutor(pool);
    http.createContext("/", exchange -> handle(exchange, handler));
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  private static void handle(HttpExchange exchange, Handler handler) throws IOException {
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    try (exchange) {
      try {
        handler.handle(exchange);
      } catch (BadCallException e) {
        Reply.error(e.status(), e.getMessage()).send(exchange);
      } catch (IllegalArgumentException e) {
        Reply.error(400, String.valueOf(e.getMessage())).send(exchange);
      } catch (IOException e) {
        // the caller is gone
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.debug("a call failed", e);
        Reply.error(500, "that failed: " + e.getMessage()).send(exchange);
      }
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
