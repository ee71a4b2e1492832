package io.ensrelay.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** An endpoint that takes events, and can be bad in many ways. What it answers 200 to, it has. */
final class Webhook implements Receiver {
  enum Mood {
    WELL,
    SLOW,
    /** 500 for two requests in a hundred, 422 for eight. */
    ANGRY,
    /** Takes the request and never answers. */
    HANGING,
    /** 401 for all. */
    REFUSING
  }

  final Account account = new Account();

  /** Events answered with 422: all that are bad, and some when it is angry. */
  final Account refused = new Account();

  /** In which order they came. */
  final Runs runs = new Runs();

  private final int port = Brokers.freePort();
  private final AtomicLong errors = new AtomicLong();
  private final Set<String> requests = ConcurrentHashMap.newKeySet();
  private volatile Mood mood = Mood.WELL;
  private HttpServer server;
  private ExecutorService workers;

  Webhook() throws IOException {}

  /** One that refuses all at first. */
  static Webhook refusing() throws IOException {
    Webhook webhook = new Webhook();
    webhook.mood = Mood.REFUSING;
    return webhook;
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of("url", url());
  }

  @Override
  public void start() throws IOException {
    workers = Executors.newCachedThreadPool(Webhook::daemon);
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 100);
    server.setExecutor(workers);
    server.createContext("/", this::answer);
    server.start();
  }

  void mood(Mood newMood) {
    mood = newMood;
  }

  String url() {
    return "http://127.0.0.1:" + port + "/events";
  }

  @Override
  public void accept() {
    mood = Mood.WELL;
  }

  @Override
  public long count() {
    return account.count();
  }

  @Override
  public Account account() {
    return account;
  }

  @Override
  public List<String> targets() {
    return List.copyOf(requests);
  }

  /** Each method and path that was asked for. */
  Set<String> requests() {
    return Set.copyOf(requests);
  }

  /** How often it answered 500. */
  long errors() {
    return errors.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
      byte[] event = exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(statusFor(event), -1);
    } catch (InterruptedException e) {
      // stopped while it hung
    }
  }

  private int statusFor(byte[] event) throws InterruptedException {
    int chance = ThreadLocalRandom.current().nextInt(100);
    if (mood == Mood.HANGING) {
      TimeUnit.HOURS.sleep(1);
    } else if (mood == Mood.SLOW) {
      TimeUnit.MILLISECONDS.sleep(100);
    } else if (mood == Mood.ANGRY && chance < 2) {
      errors.incrementAndGet();
      return 500;
    } else if (mood == Mood.REFUSING) {
      return 401;
    } else if (mood == Mood.ANGRY && chance < 10
        || Sinks.isBad(new String(event, StandardCharsets.UTF_8))) {
      refused.add(event);
      return 422;
    }
    account.add(event);
    runs.add(event);
    return 200;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "webhook");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void stop() {
    if (server != null) {
      server.stop(0);
      workers.shutdownNow();
    }
  }

  @Override
  public void close() {
    stop();
  }
}
