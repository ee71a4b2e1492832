package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A scene whose relay has one of the shipped sinks, beside its archive, and the sink's receiver.
 */
final class SinkScene implements AutoCloseable {
  final Receiver receiver;
  final Scene scene;
  final RelayProcess relay;
  private final Sinks sink;
  private final Set<String> states = new TreeSet<>();
  private int bad;
  private long recoveryMillis = -1;

  /** Neither the relay nor the receiver is started. */
  SinkScene(Sinks sink, Path dir) throws Exception {
    this.sink = sink;
    receiver = sink.in(dir.resolve("receiver"));
    try {
      scene = new Scene(Brokers.usual(), dir);
    } catch (Exception e) {
      receiver.close();
      throw e;
    }
    relay = scene.relay;
    String prefix = "ens.destination." + sink.destination() + ".";
    relay.set(prefix + "enabled", true);
    receiver.settings().forEach((key, value) -> relay.set(prefix + key, value));
  }

  /** Starts the receiver, which accepts events, and the relay, and publishes. */
  void begin(int perSecond) throws Exception {
    receiver.start();
    receiver.accept();
    startRelay(perSecond);
    awaitSome();
  }

  /** The same with a receiver that refuses. */
  void beginRefused(int perSecond) throws Exception {
    receiver.start();
    startRelay(perSecond);
  }

  private void startRelay(int perSecond) throws Exception {
    if (!sink.libraries().isEmpty()) {
      relay.add(sink.libraries());
    }
    scene.begin(perSecond, 0);
  }

  /** Waits for some more events at the receiver, each time another number. */
  void awaitSome() throws Exception {
    long wanted = receiver.count() + some();
    await("events at the receiver").until(() -> receiver.count() > wanted);
  }

  private static int some() {
    return ThreadLocalRandom.current().nextInt(100);
  }

  /** Waits until the relay says this of the destination. */
  void awaitState(String state) {
    await(sink.destination() + " is " + state).until(() -> destination("state").equals(state));
    states.add(state);
  }

  private String destination(String field) throws IOException, InterruptedException {
    for (JsonNode each : relay.get("/api/destinations")) {
      if (each.path("name").asText().equals(sink.destination())) {
        return each.path(field).asText();
      }
    }
    return "";
  }

  /** Publishes events that the receiver refuses, among the others. */
  void publishBad(int events) throws Exception {
    for (int i = 0; i < events; i++) {
      scene.awaitMore(some());
      scene.publisher.send(Sinks.badMessage(bad++));
    }
  }

  /** Waits until the receiver has what was published until now, and notes how long it took. */
  void recoveredSince(long nanoTime) {
    Map<String, BitSet> published = scene.publisher.confirmed();
    awaitAll(published);
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
    recoveryMillis = Math.max(recoveryMillis, millis);
  }

  private void awaitAll(Map<String, BitSet> published) {
    long events = published.values().stream().mapToLong(BitSet::cardinality).sum();
    await("what was published, at the receiver")
        .until(
            () -> receiver.count() >= events && receiver.account().against(published).lost() == 0);
  }

  private ConditionFactory await(String what) {
    return Awaitility.await(what)
        .atMost(Scale.PATIENCE)
        .pollInterval(100, TimeUnit.MILLISECONDS)
        .ignoreExceptions();
  }

  /**
   * Ends the publishing, writes the row, and asserts: nothing lost, each device's events in order,
   * nothing where it does not belong, dead letters of the bad events only, and an archive that did
   * not notice.
   */
  Account.Result settle(String fault, int times) throws Exception {
    scene.publisher.finish();
    Map<String, BitSet> published = scene.publisher.confirmed();
    try {
      awaitAll(published);
      await("dead letters").until(() -> setAside(deadLetters()) == bad);
      await("a state").until(() -> destination("state").equals("ok"));
    } catch (ConditionTimeoutException e) {
      // what is missing is said below
    }
    Account account = receiver.account();
    Account.Result result = account.against(published);
    FaultTable.add(
        fault + (states.isEmpty() ? "" : "; " + String.join(", ", states)),
        sink.toString(),
        times,
        result,
        recoveryMillis);
    JsonNode dead = deadLetters();
    String said = "; the relay said:\n" + relay.logText();
    assertAll(
        () -> assertEquals(0, result.lost(), "lost" + said),
        () -> scene.assertOrdered(result),
        () -> assertEquals(0, account.unnumbered() + account.unreadable(), "odd ones" + said),
        () -> assertTrue(receiver.targets().size() <= 1, "targets: " + receiver.targets()),
        () -> assertEquals(bad, setAside(dead), "dead letters: " + dead + said),
        () -> assertEquals("ok", destination("state"), destination("problem") + said),
        () -> scene.assertPerfect(scene.await(scene.account)));
    for (JsonNode letter : dead.path("items")) {
      String reason = letter.path("reason").asText();
      assertTrue(reason.contains(sink.badReason().orElseThrow()), reason);
    }
    return result;
  }

  /** How many events; a kill right after one was set aside sets it aside once more. */
  private static long setAside(JsonNode deadLetters) {
    return StreamSupport.stream(deadLetters.path("items").spliterator(), false)
        .map(letter -> letter.path("eventId").asText())
        .count();
  }

  private JsonNode deadLetters() throws IOException, InterruptedException {
    return relay.get("/api/dead?destination=" + sink.destination());
  }

  @Override
  public void close() throws Exception {
    try {
      scene.close();
    } finally {
      receiver.close();
    }
  }
}
