package io.ensrelay.service;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** The REST side, with its answers in a script; a request waits until there is one for it. */
public final class ScriptedService implements AutoCloseable {
  private final HttpServer server;
  private final String scheme;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final BlockingQueue<Answer> script = new LinkedBlockingQueue<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  record Request(String line, String authorization, String userAgent, long nanoTime) {}

  @FunctionalInterface
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private ScriptedService(HttpServer server, String scheme) {
    this.server = server;
    this.scheme = scheme;
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public static ScriptedService http() {
    try {
      return new ScriptedService(HttpServer.create(loopback(), 50), "http");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks for a client certificate. */
  public static ScriptedService https(SSLContext context) {
    try {
      HttpsServer server = HttpsServer.create(loopback(), 50);
      server.setHttpsConfigurator(
          new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
              SSLParameters wanted = context.getDefaultSSLParameters();
              wanted.setNeedClientAuth(true);
              parameters.setSSLParameters(wanted);
            }
          });
      return new ScriptedService(server, "https");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Answer json(String body) {
    return status(200, Map.of("Content-Type", "application/json"), body);
  }

  public static Answer status(int status, Map<String, String> headers, String body) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      headers.forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      if (bytes.length > 0) {
        exchange.getResponseBody().write(bytes);
      }
    };
  }

  /** A byte now and then, for ever. */
  public static Answer trickling(int status) {
    return exchange -> {
      exchange.sendResponseHeaders(status, 0);
      while (true) {
        exchange.getResponseBody().write(' ');
        exchange.getResponseBody().flush();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    };
  }

  /** A body that does not end. */
  static Answer endless(int status) {
    return exchange -> {
      exchange.sendResponseHeaders(status, 0);
      byte[] chunk = "[1,2,3,4,5,6,7,8]".repeat(100).getBytes(StandardCharsets.UTF_8);
      while (true) {
        exchange.getResponseBody().write(chunk);
      }
    };
  }

  public void answers(Answer... answers) {
    script.addAll(List.of(answers));
  }

  public String url() {
    return scheme + "://localhost:" + port();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public List<Request> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          new Request(
              exchange.getRequestMethod() + " " + exchange.getRequestURI(),
              exchange.getRequestHeaders().getFirst("Authorization"),
              exchange.getRequestHeaders().getFirst("User-Agent"),
              System.nanoTime()));
      script.take().to(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }
}
