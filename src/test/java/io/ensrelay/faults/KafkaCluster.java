package io.ensrelay.faults;

import io.ensrelay.destination.KafkaBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Kafka brokers that form a cluster, each in a process of its own with a small heap. Besides the
 * direct addresses, each has one by a {@link Link}, which can be cut: brokers tell a client the
 * addresses of the kind by which it came.
 */
final class KafkaCluster implements AutoCloseable {
  private final List<KafkaBroker> brokers = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();

  KafkaCluster(Path dir, int size) throws IOException {
    int replicas = Math.min(3, size);
    for (int i = 0; i < size; i++) {
      brokers.add(new KafkaBroker(dir.resolve("kafka" + i)));
    }
    String voters =
        IntStream.range(0, size)
            .mapToObj(i -> (i + 1) + "@127.0.0.1:" + brokers.get(i).controller())
            .collect(Collectors.joining(","));
    for (int i = 0; i < size; i++) {
      int linked = Brokers.freePort();
      Link link = new Link(linked);
      links.add(link);
      brokers
          .get(i)
          .with(
              "node.id=" + (i + 1),
              "controller.quorum.voters=" + voters,
              "listeners=PLAINTEXT://127.0.0.1:PORT,CONTROLLER://127.0.0.1:QUORUM,"
                  + ("LINKED://127.0.0.1:" + linked),
              "advertised.listeners=PLAINTEXT://127.0.0.1:PORT,"
                  + ("LINKED://127.0.0.1:" + link.port()),
              "listener.security.protocol.map="
                  + "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LINKED:PLAINTEXT",
              "inter.broker.listener.name=PLAINTEXT",
              "offsets.topic.replication.factor=" + replicas,
              "default.replication.factor=" + replicas,
              "min.insync.replicas=" + Math.max(1, replicas - 1),
              "group.min.session.timeout.ms=1000");
    }
  }

  static boolean isThere() {
    return KafkaBroker.isThere();
  }

  /** Returns when all take connections; they need each other for that. */
  KafkaCluster start() {
    List<CompletableFuture<Void>> starting =
        brokers.stream()
            .map(
                each ->
                    CompletableFuture.runAsync(() -> start(each), task -> new Thread(task).start()))
            .toList();
    starting.forEach(CompletableFuture::join);
    return this;
  }

  private static void start(KafkaBroker broker) {
    try {
      broker.start();
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  int size() {
    return brokers.size();
  }

  KafkaBroker broker(int number) {
    return brokers.get(number);
  }

  /** The addresses of all brokers. */
  String addresses() {
    return brokers.stream().map(KafkaBroker::brokers).collect(Collectors.joining(","));
  }

  /** The addresses by the links. */
  String linkedAddresses() {
    return links.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
  }

  /** Cuts whoever came by the links from all brokers. */
  void cut() {
    links.forEach(Link::cut);
  }

  void mend() {
    links.forEach(Link::mend);
  }

  @Override
  public void close() throws Exception {
    for (Link link : links) {
      link.close();
    }
    for (KafkaBroker broker : brokers) {
      broker.close();
    }
  }
}
