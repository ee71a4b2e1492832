package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.awaitility.Awaitility;

/**
 * A service, a relay, and a path between them; whoever publishes, and an account of the archive.
 */
final class Scene implements AutoCloseable {
  final Brokers kind;
  final Broker broker;
  final MetadataServer metadata;
  final Link link;
  final RelayProcess relay;
  final Account account = new Account();
  final ArchiveReader archive;
  Publisher publisher;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final long[] recovery = {-1};

  Scene(Brokers kind, Path dir) throws Exception {
    this(kind, dir, 180);
  }

  Scene(Brokers kind, Path dir, int retentionMinutes) throws Exception {
    this.kind = kind;
    broker = kind.in(dir);
    started.push(broker);
    try {
      broker.start();
      metadata = new MetadataServer(retentionMinutes);
      started.push(metadata);
      metadata.start();
      link = new Link(broker.port());
      started.push(link);
      relay = relay(dir.resolve("relay"));
      archive = new ArchiveReader(relay.dir().resolve("events"), account);
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  /** One more relay, with the same settings; not started. */
  RelayProcess relay(Path dir) throws Exception {
    Certificates certificates = broker.certificates();
    RelayProcess made =
        new RelayProcess(dir)
            .set("ens.api.url", metadata.url())
            .set("ens.mqtt.url", "ssl://localhost:" + link.port())
            .set("ens.mqtt.client-id", "relay")
            .set("ens.mqtt.keep-alive", 5)
            .set("ens.http.port", 0)
            .set("camel.management.port", 0)
            .set("ens.tls.keystore", certificates.client())
            .set("ens.tls.keystore-password", Certificates.PASSWORD)
            .set("ens.tls.truststore", certificates.truststore())
            .set("ens.tls.truststore-password", Certificates.PASSWORD);
    started.push(made);
    return made;
  }

  /** Starts the relay; once it has its durable session, messages are published. */
  void begin() throws Exception {
    begin(Scale.RATE, 0);
  }

  void begin(int perSecond, int padding) throws Exception {
    relay.start();
    relay.awaitConnected();
    publish(perSecond, padding);
  }

  void publish(int perSecond, int padding) throws Exception {
    publisher = new Publisher(broker, perSecond, padding);
    started.push(publisher);
    awaitMore(0);
  }

  /** Waits for this many events more in the archive than there are now. */
  void awaitMore(long events) throws IOException {
    long wanted = archive.follow().count() + events;
    awaitCount(count -> count > wanted);
  }

  /** To be called at the end of a fault: waits for what was published until now, and how long. */
  void recovered() {
    recoveredSince(System.nanoTime());
  }

  void recoveredSince(long nanoTime) {
    long sent = publisher.sent();
    awaitCount(count -> count > sent);
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
    recovery[0] = Math.max(recovery[0], millis);
  }

  /**
   * Returns at any point of time: in the even rounds while it works, in the odd ones perhaps
   * before.
   */
  void atAnyPoint(int round) throws Exception {
    if (round % 2 == 0) {
      awaitMore(0);
    }
    TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(round % 2 == 0 ? 1500 : 4000));
  }

  /** After an odd round, waits until the relay has caught up. */
  void startAgain(int round) throws Exception {
    long start = System.nanoTime();
    relay.start();
    if (round % 2 == 1) {
      recoveredSince(start);
    }
  }

  void awaitTrue(String what, Callable<Boolean> condition) {
    Awaitility.await(what).atMost(Scale.PATIENCE).until(condition);
  }

  private void awaitCount(LongPredicate reached) {
    Awaitility.await("events in the archive")
        .atMost(Scale.PATIENCE)
        .pollInterval(20, TimeUnit.MILLISECONDS)
        .until(() -> reached.test(archive.follow().count()));
  }

  /** Ends the publishing, waits for all that was published, and writes the row. */
  Account.Result settle(String fault, int times) throws Exception {
    publisher.finish();
    Account.Result result = await(account);
    FaultTable.add(fault, kind.toString(), times, result, recovery[0]);
    return result;
  }

  /** What has arrived, when all has or nothing more comes. */
  Account.Result await(Account delivered) throws Exception {
    var published = publisher.confirmed();
    long quiet = System.nanoTime();
    long before = -1;
    while (delivered.against(published).lost() > 0
        && System.nanoTime() - quiet < TimeUnit.SECONDS.toNanos(45)) {
      TimeUnit.MILLISECONDS.sleep(50);
      archive.follow();
      if (delivered.count() != before) {
        before = delivered.count();
        quiet = System.nanoTime();
      }
    }
    return delivered.against(published);
  }

  /** In the order that the broker keeps. */
  void assertOrdered(Account.Result result) throws IOException {
    String said = "; the relay said:\n" + relay.logText();
    assertEquals(0, result.outOfOrder(), "out of order" + said);
    if (kind.keepsOrderAcrossTopics()) {
      assertEquals(0, result.acrossTopics(), "out of order across topics" + said);
    }
  }

  /** Nothing lost, nothing twice, nothing out of order, and no line that can't be read. */
  void assertPerfect(Account.Result result) throws IOException {
    String said = "; the relay said:\n" + relay.logText();
    assertAll(
        () -> assertEquals(0, result.lost(), "lost" + said),
        () -> assertEquals(0, result.twice(), "twice" + said),
        () -> assertOrdered(result),
        () -> assertEquals(0, account.unreadable(), "lines that can't be read"));
  }

  @Override
  public void close() throws Exception {
    closeAll(started);
  }

  /** Closes the newest first, and all of them, though one fails. */
  static void closeAll(Deque<AutoCloseable> started) throws Exception {
    Exception failure = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
