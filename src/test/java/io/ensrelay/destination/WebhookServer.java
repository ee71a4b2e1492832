package io.ensrelay.destination;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A user's endpoint: answers as told, then 200, and keeps what was posted. */
public final class WebhookServer implements AutoCloseable {
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final int port;
  private volatile Function<Request, Integer> judge = request -> 200;
  private HttpServer server;

  public record Answer(int status, Map<String, String> headers) {}

  public record Request(
      String line, Map<String, List<String>> headers, byte[] body, Answer answer, long nanoTime) {
    /** Its only value; empty: none. */
    public String header(String name) {
      return String.join("|", headers.getOrDefault(name, List.of()));
    }

    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private WebhookServer(int port) {
    this.port = port;
  }

  /** Not up before {@link #start()}. */
  public static WebhookServer onAFreePort() {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new WebhookServer(free.getLocalPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public WebhookServer start() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.start();
    return this;
  }

  public void answers(int... statuses) {
    for (int status : statuses) {
      answers.add(new Answer(status, Map.of()));
    }
  }

  void answers(int status, String header, String value) {
    answers.add(new Answer(status, Map.of(header, value)));
  }

  /** The status of each answer that is not told otherwise. */
  public WebhookServer judges(Function<Request, Integer> judge) {
    this.judge = judge;
    return this;
  }

  public String url() {
    return "http://localhost:" + port + "/events";
  }

  public List<Request> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    if (server != null) {
      server.stop(0);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.putAll(exchange.getRequestHeaders());
      String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      byte[] body = exchange.getRequestBody().readAllBytes();
      Answer next = answers.poll();
      Answer answer =
          next == null
              ? new Answer(
                  judge.apply(new Request(line, headers, body, null, System.nanoTime())), Map.of())
              : next;
      requests.add(new Request(line, headers, body, answer, System.nanoTime()));
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(answer.status(), -1);
    }
  }
}
