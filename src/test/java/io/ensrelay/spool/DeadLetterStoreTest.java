package io.ensrelay.spool;

import static io.ensrelay.spool.Letters.letter;
import static io.ensrelay.spool.Letters.number;
import static io.ensrelay.spool.Letters.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterStoreTest {
  private static final Optional<String> NO = Optional.empty();
  private static final Optional<Instant> EVER = Optional.empty();

  @TempDir Path data;
  private final List<Sent> sent = new ArrayList<>();
  private final DeadLetterStore.Replay target =
      (destination, letters) ->
          sent.add(new Sent(destination, letters.stream().map(w -> number(w.letter())).toList()));
  private DeadLetterStore store;

  private record Sent(String destination, List<Integer> numbers) {}

  @BeforeEach
  void open() {
    store = new DeadLetterStore(data);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void add(String destination, int from, int to) throws IOException {
    store.add(IntStream.range(from, to).mapToObj(n -> letter(destination, n)).toList());
  }

  private List<DeadLetter> all() throws IOException {
    return store.list(DeadLetterFilter.ALL, 0, 10_000).items();
  }

  private static DeadLetterFilter of(String destination) {
    return new DeadLetterFilter(Optional.of(destination), NO, NO, EVER, EVER);
  }

  @Test
  void makesNoFileBeforeThereIsALetter() throws IOException {
    assertEquals(Map.of(), store.counts());
    assertEquals(new DeadLetters.Page(0, List.of()), store.list(DeadLetterFilter.ALL, 0, 10));
    assertEquals(Optional.empty(), store.get("siem~1"));
    assertEquals(0, store.drop(DeadLetterFilter.ALL));
    assertEquals(0, store.replay(List.of("siem~1"), NO, target));
    store.add(List.of());

    assertFalse(Files.exists(data.resolve("dead")));
  }

  @Test
  void keepsOneLetterForAnEventThatIsGivenUpTwice() throws IOException {
    add("siem", 0, 3);
    add("bus", 1, 2);
    close();
    open();

    store.add(letter("siem", 1, "refused later", new byte[3]));

    assertEquals(Map.of("siem", 3L, "bus", 1L), store.counts());
    List<DeadLetter> siem = store.list(of("siem"), 0, 10).items();
    assertEquals(List.of(0, 2, 1), numbers(siem));
    assertEquals("refused later", siem.get(2).reason());
    assertEquals(3, store.get(siem.get(2).id()).orElseThrow().body().length);
  }

  @Test
  void keepsAnEventThatIsGivenUpAgainDuringItsReplay() throws IOException {
    add("siem", 0, 1);

    store.replay(
        DeadLetterFilter.ALL,
        NO,
        (destination, letters) -> store.add(letter(destination, 0, "again", new byte[1])));

    assertEquals(List.of("again"), all().stream().map(DeadLetter::reason).toList());
  }

  static Stream<byte[]> bodies() {
    byte[] each = new byte[256];
    for (int i = 0; i < each.length; i++) {
      each[i] = (byte) i;
    }
    return Stream.of(
        new byte[0], each, new byte[1 << 20], "Grüße 🚀 ' \" \0".getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void keepsAllPartsOfALetter(byte[] body) throws IOException {
    NewDeadLetter given =
        letter("siem", 7, "O'Neill said \"nein, Straße 🚀\"; DROP TABLE letter", body);
    store.add(given);
    store.close();
    open();

    DeadLetter letter = all().get(0);
    DeadLetter.Full full = store.get(letter.id()).orElseThrow();

    assertEquals(letter, full.letter());
    assertEquals("siem", letter.destination());
    assertEquals(Instant.ofEpochMilli(1007), letter.time());
    assertEquals(3, letter.attempts());
    assertEquals(given.reason(), letter.reason());
    assertEquals(body.length, letter.bytes());
    assertEquals(given.attributes(), letter.attributes());
    assertEquals(given.topic(), letter.topic());
    assertEquals(given.route(), full.route());
    assertEquals(given.exception(), full.exception());
    assertEquals(given.stack(), full.stack());
    assertEquals(given.answer(), full.answer());
    assertArrayEquals(body, full.body());
  }

  @Test
  void keepsAMessageOfTheIntakeWithFewParts() throws IOException {
    store.add(
        new NewDeadLetter(
            "intake", 1, 1, "", Map.of(), Optional.of("a/b"), NO, NO, NO, NO, new byte[] {'{'}));

    DeadLetter.Full full = store.get(all().get(0).id()).orElseThrow();

    assertEquals(Optional.of("a/b"), full.letter().topic());
    assertEquals(Map.of(), full.letter().attributes());
    assertEquals(NO, full.answer());
  }

  @Test
  void refusesAnAttributeOfATypeThatItCannotKeep() {
    Map<String, Object> attributes = Map.of("eventTime", 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> new NewDeadLetter("siem", 1, 1, "", attributes, NO, NO, NO, NO, NO, new byte[0]));
  }

  @Test
  void listsLettersByPageInTheOrderTheyWereGivenUp() throws IOException {
    add("siem", 0, 2);
    add("hr", 2, 4);
    add("siem", 4, 5);

    DeadLetters.Page page = store.list(DeadLetterFilter.ALL, 1, 3);

    assertEquals(5, page.total());
    assertEquals(List.of(1, 2, 3), numbers(page.items()));
    assertEquals(List.of(4), numbers(store.list(of("siem"), 2, 3).items()));
    assertEquals(List.of(), store.list(of("siem"), 3, 3).items());
    assertEquals(Map.of("hr", 2L, "siem", 3L), store.counts());
  }

  @Test
  void findsLettersByEachPartOfAFilter() throws IOException {
    store.add(letter("siem", 5));
    store.add(letter("hr", 6));

    assertEquals(1, count(of("siem")));
    assertEquals(0, count(of("sie")));
    assertEquals(2, count(type("device.check_in")));
    assertEquals(2, count(type("device_check_in")));
    assertEquals(0, count(type("o'clock")));
    assertEquals(1, count(since(1006)));
    assertEquals(0, count(since(1007)));
    assertEquals(1, count(until(1006)));
    assertEquals(0, count(until(1005)));
    assertEquals(
        1,
        count(
            new DeadLetterFilter(
                Optional.of("hr"),
                Optional.of("device_check_in"),
                Optional.of("REFUSED 6"),
                Optional.of(Instant.ofEpochMilli(1006)),
                Optional.of(Instant.ofEpochMilli(1007)))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"422", "ÜBER", "größe", "100%", "_x", "'", "🚀", "a\\b", ""})
  void findsAPartOfTheReasonWhateverTheCase(String part) throws IOException {
    store.add(letter("siem", 1, "422 über GRÖSSE Größe 100% _X ' 🚀 A\\B", new byte[0]));
    store.add(letter("siem", 2, "another", new byte[0]));

    assertEquals(part.isEmpty() ? 2 : 1, count(reason(part)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "other_", "x' OR 'a' = 'a", "*", "ä"})
  void doesNotReadThePartOfAReasonAsAPattern(String part) throws IOException {
    store.add(letter("siem", 2, "another", new byte[0]));

    assertEquals(0, count(reason(part)));
  }

  private static DeadLetterFilter type(String type) {
    return new DeadLetterFilter(NO, Optional.of(type), NO, EVER, EVER);
  }

  private static DeadLetterFilter reason(String reason) {
    return new DeadLetterFilter(NO, NO, Optional.of(reason), EVER, EVER);
  }

  private static DeadLetterFilter since(long millis) {
    return new DeadLetterFilter(NO, NO, NO, Optional.of(Instant.ofEpochMilli(millis)), EVER);
  }

  private static DeadLetterFilter until(long millis) {
    return new DeadLetterFilter(NO, NO, NO, EVER, Optional.of(Instant.ofEpochMilli(millis)));
  }

  private long count(DeadLetterFilter filter) throws IOException {
    DeadLetters.Page page = store.list(filter, 0, 10);
    assertEquals(page.total(), page.items().size());
    return page.total();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "~", "siem~", "siem~x", "siem~-1", "siem~99999999999999999999", "' OR 1=1"})
  void findsNoLetterForAMalformedId(String id) throws IOException {
    add("siem", 0, 1);

    assertEquals(Optional.empty(), store.get(id));
    assertEquals(0, store.drop(List.of(id)));
    assertEquals(0, store.replay(List.of(id), NO, target));
    assertEquals(1, all().size());
  }

  @Test
  void findsALetterOnlyByItsOwnId() throws IOException {
    add("siem", 0, 1);
    String row = all().get(0).id().substring("siem~".length());

    assertTrue(store.get("siem~" + row).isPresent());
    assertEquals(Optional.empty(), store.get("hr~" + row));
    assertEquals(Optional.empty(), store.get("siem~0" + row));
    assertEquals(Optional.empty(), store.get(row));
  }

  @Test
  void givesAnIdToOneLetterOnly() throws IOException {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      add("siem", i, i + 1);
      assertTrue(ids.add(all().get(0).id()));
      store.drop(DeadLetterFilter.ALL);
      store.close();
      open();
    }
  }

  @Test
  void dropsTheChosenLettersAndNothingElse() throws IOException {
    add("siem", 0, 3);
    add("hr", 3, 5);
    List<DeadLetter> letters = all();

    assertEquals(
        2, store.drop(List.of(letters.get(1).id(), letters.get(3).id(), letters.get(1).id())));
    assertEquals(List.of(0, 2, 4), numbers(all()));
    assertEquals(Optional.empty(), store.get(letters.get(1).id()));
    assertEquals(0, store.drop(List.of(letters.get(1).id())));
    assertEquals(2, store.drop(of("siem")));
    assertEquals(List.of(4), numbers(all()));
  }

  @Test
  void dropsMoreThanFitIntoOneTransaction() throws IOException {
    add("siem", 0, 1200);
    add("hr", 1200, 1201);

    assertEquals(1200, store.drop(of("siem")));
    assertEquals(List.of(1200), numbers(all()));
  }

  @Test
  void replaysLettersInOrderToTheDestinationThatRefusedEach() throws IOException {
    add("siem", 0, 2);
    add("hr", 2, 3);
    add("siem", 3, 4);

    assertEquals(4, store.replay(DeadLetterFilter.ALL, NO, target));

    assertEquals(List.of(new Sent("siem", List.of(0, 1, 3)), new Sent("hr", List.of(2))), sent);
    assertEquals(List.of(), all());
  }

  @Test
  void replaysTheChosenLettersInOrderToAnotherDestination() throws IOException {
    add("siem", 0, 3);
    List<DeadLetter> letters = all();

    assertEquals(
        2,
        store.replay(
            List.of(letters.get(2).id(), "siem~1", letters.get(0).id()),
            Optional.of("hr"),
            target));

    assertEquals(List.of(new Sent("hr", List.of(0, 2))), sent);
    assertEquals(List.of(1), numbers(all()));
  }

  @Test
  void replaysAHundredLettersAtATime() throws IOException {
    add("siem", 0, 250);

    assertEquals(250, store.replay(DeadLetterFilter.ALL, NO, target));

    assertEquals(List.of(100, 100, 50), sent.stream().map(s -> s.numbers().size()).toList());
    assertEquals(
        IntStream.range(0, 250).boxed().toList(),
        sent.stream().flatMap(s -> s.numbers().stream()).toList());
  }

  @Test
  void replaysFewLargeLettersAtATime() throws IOException {
    for (int i = 0; i < 10; i++) {
      store.add(letter("siem", i, new byte[1 << 20]));
    }

    assertEquals(10, store.replay(DeadLetterFilter.ALL, NO, target));

    assertEquals(List.of(4, 4, 2), sent.stream().map(s -> s.numbers().size()).toList());
  }

  @Test
  void keepsLettersThatTheTargetDidNotTake() throws IOException {
    add("siem", 0, 150);
    DeadLetterStore.Replay failing =
        (destination, letters) -> {
          if (!sent.isEmpty()) {
            throw new IOException("no room");
          }
          target.append(destination, letters);
        };

    IOException failure =
        assertThrows(IOException.class, () -> store.replay(DeadLetterFilter.ALL, NO, failing));

    assertEquals("no room", failure.getMessage());
    assertEquals(IntStream.range(100, 150).boxed().toList(), numbers(all()));
  }

  @Test
  void replaysAMessageOfTheIntakeOnlyToANamedDestination() throws IOException {
    add("siem", 0, 1);
    add("intake", 1, 2);

    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> store.replay(DeadLetterFilter.ALL, NO, target));

    assertEquals(
        "a dead letter of the intake is no event and has no destination: name one (to)",
        refused.getMessage());
    assertEquals(2, all().size());
    assertEquals(List.of(), sent);
    assertEquals(2, store.replay(DeadLetterFilter.ALL, Optional.of("hr"), target));
    assertEquals(List.of(new Sent("hr", List.of(0, 1))), sent);
  }

  /** A destination that refuses everything would keep a replay busy for ever. */
  @Test
  void doesNotReplayLettersAddedMeanwhile() throws IOException {
    add("siem", 0, 101);
    DeadLetterStore.Replay refusing =
        (destination, letters) -> {
          target.append(destination, letters);
          CompletableFuture.runAsync(
                  () -> {
                    try {
                      int first = 1000 * sent.size();
                      add(destination, first, first + letters.size());
                    } catch (IOException e) {
                      throw new IllegalStateException(e);
                    }
                  })
              .orTimeout(10, TimeUnit.SECONDS)
              .join();
        };

    assertEquals(101, store.replay(of("siem"), NO, refusing));

    assertEquals(List.of(100, 1), sent.stream().map(s -> s.numbers().size()).toList());
    assertEquals(101, store.list(of("siem"), 0, 0).total());
  }

  @Test
  void replaysALetterOnceIfTwoCallersChooseIt() throws Exception {
    add("siem", 0, 300);
    List<Integer> together = new CopyOnWriteArrayList<>();
    DeadLetterStore.Replay counting =
        (destination, letters) -> letters.forEach(w -> together.add(number(w.letter())));

    List<CompletableFuture<Long>> replays =
        Stream.of(1, 2, 3)
            .map(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return store.replay(DeadLetterFilter.ALL, NO, counting);
                          } catch (IOException e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();
    long all = 0;
    for (CompletableFuture<Long> replay : replays) {
      all += replay.get(10, TimeUnit.SECONDS);
    }

    assertEquals(300, all);
    assertEquals(IntStream.range(0, 300).boxed().toList(), together);
  }

  @Test
  void keepsLettersFromManyThreads() throws Exception {
    List<CompletableFuture<Void>> adding =
        IntStream.range(0, 8)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> {
                          try {
                            for (int i = 0; i < 20; i++) {
                              store.add(letter("d" + thread, 20 * thread + i));
                              store.counts();
                            }
                          } catch (IOException e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();
    for (CompletableFuture<Void> each : adding) {
      each.get(10, TimeUnit.SECONDS);
    }

    assertEquals(160, new HashSet<>(numbers(all())).size());
    assertEquals(
        IntStream.range(60, 80).boxed().toList(), numbers(store.list(of("d3"), 0, 100).items()));
  }

  @Test
  void givesRoomBackToTheDisk() throws IOException {
    for (int i = 0; i < 5; i++) {
      store.add(letter("siem", i, new byte[1 << 20]));
    }
    store.drop(DeadLetterFilter.ALL);
    store.close();

    assertTrue(Files.size(data.resolve("dead/letters.db")) < 100_000);
  }

  @Test
  void saysThatItIsClosed() throws IOException {
    add("siem", 0, 1);
    store.close();

    IOException closed = assertThrows(IOException.class, () -> store.add(letter("siem", 1)));
    assertTrue(closed.getMessage().contains("closed"), closed.getMessage());
  }
}
