package io.ensrelay.runtime;

import io.ensrelay.delivery.SpoolRoutes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;

/** Where destinations of a test deliver to: it keeps the sequence numbers by the sink's name. */
public final class TestSink implements AutoCloseable {
  static final AtomicInteger OPEN = new AtomicInteger();
  private static final Map<String, List<Integer>> GOT = new ConcurrentHashMap<>();
  private static final Map<String, List<String>> VERSIONS = new ConcurrentHashMap<>();

  private String name = "";
  private String version = "1";
  private volatile boolean closed;

  public TestSink() {
    OPEN.incrementAndGet();
  }

  static void forgetAll() {
    GOT.clear();
    VERSIONS.clear();
  }

  static List<Integer> got(String name) {
    return GOT.computeIfAbsent(name, key -> new CopyOnWriteArrayList<>());
  }

  /** The version of the sink that took the newest event. */
  static String version(String name) {
    List<String> all = VERSIONS.computeIfAbsent(name, key -> new CopyOnWriteArrayList<>());
    return all.isEmpty() ? "" : all.get(all.size() - 1);
  }

  public void setName(String name) {
    this.name = name;
  }

  public void setVersion(String version) {
    if (version.equals("bad")) {
      throw new IllegalArgumentException("no version is bad");
    }
    this.version = version;
  }

  public void take(Exchange exchange) {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    VERSIONS.computeIfAbsent(name, key -> new CopyOnWriteArrayList<>()).add(version);
    got(name).add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
  }

  @Override
  public void close() {
    closed = true;
    OPEN.decrementAndGet();
  }
}
