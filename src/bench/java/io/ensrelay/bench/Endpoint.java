package io.ensrelay.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** An HTTP endpoint that takes its time, and knows what came in which order over how many. */
final class Endpoint implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Integer> last = new ConcurrentHashMap<>();
  final AtomicInteger count = new AtomicInteger();
  final AtomicInteger outOfOrder = new AtomicInteger();
  final Set<Integer> connections = ConcurrentHashMap.newKeySet();

  Endpoint(int millis, IntConsumer seen) throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 512);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          connections.add(exchange.getRemoteAddress().getPort());
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          int seq = Integer.parseInt(between(body, "\"seq\":", ","));
          seen.accept(seq);
          Integer before = last.put(between(body, "\"deviceGuid\":\"", "\""), seq);
          if (before != null && before >= seq) {
            outOfOrder.incrementAndGet();
          }
          if (millis > 0) {
            sleep(millis);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
          count.incrementAndGet();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private static String between(String text, String before, String after) {
    int from = text.indexOf(before) + before.length();
    return text.substring(from, text.indexOf(after, from));
  }

  private static void sleep(int millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
