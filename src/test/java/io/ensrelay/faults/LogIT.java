package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The event log's files are torn, damaged, or those of another version. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LogIT {
  /** Bytes of each message; some files of events are full soon. */
  private static final int LARGE = 5_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  /**
   * Of what was written and not forced any part may be on disk. Nothing of it was acknowledged: the
   * path passes no acknowledgement on from before it was written.
   */
  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void losesNothingWhenThePowerFails(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin(Scale.RATE, 1000);
      for (int round = 0; round < Scale.POWER_CUTS; round++) {
        scene.awaitMore(100);
        scene.link.deafen();
        TimeUnit.MILLISECONDS.sleep(50);
        Map<Path, byte[]> cursors = contents(log(scene).resolve("cursors"));
        Path newest = newest(scene);
        long acknowledged = Files.size(newest);
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(100));
        scene.relay.kill();
        cut(newest(scene), newest(scene).equals(newest) ? acknowledged : 0);
        for (Map.Entry<Path, byte[]> cursor : cursors.entrySet()) {
          Files.write(cursor.getKey(), cursor.getValue());
        }
        scene.link.mend();
        long start = System.nanoTime();
        scene.relay.start();
        scene.recoveredSince(start);
      }
      scene.assertPerfect(scene.settle("power cut: log cut at any byte", Scale.POWER_CUTS));
    }
  }

  /** The file ends there, or has zeros or the bytes of something else behind. */
  private static void cut(Path file, long from) throws IOException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
      long size = log.length();
      long end = random.nextLong(from, size + 1);
      int behind = random.nextInt(3);
      log.setLength(end);
      if (behind == 1) {
        log.setLength(size + random.nextInt(5000));
      } else if (behind == 2) {
        byte[] other = new byte[random.nextInt(5000)];
        random.nextBytes(other);
        log.seek(end);
        log.write(other);
      }
    }
  }

  /** Two destinations have not passed it, the archive has. */
  @Test
  void tellsEveryDestinationWhatCannotBeRead() throws Exception {
    try (Webhook webhook = new Webhook();
        Webhook second = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir)) {
      Routes.in(scene.relay).webhook("webhook", webhook).webhook("second", second);
      scene.relay.set("ens.spool.keep-size", "8MB");
      scene.begin(Scale.RATE, LARGE);
      scene.awaitTrue("files of events", () -> files(scene).size() > 2);
      assertEquals(143, scene.relay.term());
      damage(files(scene).get(0), Scale.DAMAGES);
      webhook.start();
      second.start();
      long start = System.nanoTime();
      scene.relay.start();
      scene.recoveredSince(start);
      Account.Result archived = scene.settle("archive, before the damage", Scale.DAMAGES);
      long all = archived.events() - Scale.DAMAGES;
      for (Webhook each : List.of(webhook, second)) {
        scene.awaitTrue("all that is left", () -> each.account.count() >= all);
        Account.Result result = each.account.against(scene.publisher.confirmed());
        FaultTable.add(
            "bytes of a file of events damaged, told by " + each.account.gaps().size() + " gaps",
            scene.kind.toString(),
            Scale.DAMAGES,
            result.withLost(result.lost() - Scale.DAMAGES),
            -1);
        assertEquals(Scale.DAMAGES, result.lost(), "not delivered");
        assertEquals(0, result.twice(), "twice");
        scene.assertOrdered(result);
        assertEquals(Scale.DAMAGES, each.account.gaps().size(), each.account.gaps().toString());
        assertTrue(
            each.account.gaps().get(0).contains("1 events can't be read"),
            each.account.gaps().toString());
      }
      assertEquals(List.of(), scene.account.gaps());
      scene.assertPerfect(archived);
    }
  }

  /** So many bytes in it, each in an event of its own. */
  private static void damage(Path file, int times) throws IOException {
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
      for (int i = 1; i <= times; i++) {
        long at = log.length() / (times + 1) * i;
        log.seek(at);
        int before = log.read();
        log.seek(at);
        log.write(before ^ 0x55);
      }
    }
  }

  /**
   * What was delivered is delivered again from the chosen event on, in order, with nothing left
   * out.
   */
  @Test
  void windsADestinationBackUnderLoad() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir)) {
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url());
      webhook.start();
      scene.begin();
      List<Map<String, Integer>> begins = new ArrayList<>();
      for (int round = 0; round < Scale.REWINDS; round++) {
        scene.awaitMore(Scale.RATE);
        List<JsonNode> archived = archived(scene);
        int place =
            round % 3 == 2
                ? 0
                : ThreadLocalRandom.current().nextInt(archived.size() - Scale.RATE / 2);
        Map<String, Integer> begin = firstOfEach(archived.subList(place, archived.size()));
        scene.awaitTrue("what is to come again", () -> webhook.runs.reached(begin));
        String body =
            round % 3 == 2
                ? "{\"all\":true}"
                : "{\"event\":\"" + archived.get(place).path("id").asText() + "\"}";
        long rewound =
            scene.relay.post("/api/destinations/webhook/rewind", body).path("rewound").asLong();
        assertTrue(rewound > 0, "nothing comes again");
        begins.add(begin);
      }
      Account.Result archived = scene.settle("archive beside a webhook that is wound back", 1);
      Map<String, BitSet> published = scene.publisher.confirmed();
      Map<String, Integer> ends = new TreeMap<>();
      published.forEach((device, numbers) -> ends.put(device, numbers.length() - 1));
      scene.awaitTrue("all to the last", () -> webhook.runs.reached(ends));
      Map<String, List<Runs.Run>> runs = webhook.runs.all();
      for (Map.Entry<String, Integer> end : ends.entrySet()) {
        List<Runs.Run> own = runs.get(end.getKey());
        assertEquals(0, own.get(0).first(), own.toString());
        assertEquals(
            begins.stream().map(begin -> begin.get(end.getKey())).toList(),
            own.stream().skip(1).map(Runs.Run::first).toList(),
            end.getKey());
        assertEquals(end.getValue(), own.get(own.size() - 1).last(), own.toString());
      }
      Account.Result result = webhook.account.against(published);
      FaultTable.add(
          "webhook wound back under load", scene.kind.toString(), Scale.REWINDS, result, -1);
      assertEquals(0, result.lost(), "lost");
      scene.assertPerfect(archived);
    }
  }

  private static List<JsonNode> archived(Scene scene) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(scene.relay.dir().resolve("events"))) {
      for (Path file : files.sorted().toList()) {
        String text = Files.readString(file);
        for (String line : text.substring(0, text.lastIndexOf('\n')).split("\n")) {
          events.add(JSON.readTree(line));
        }
      }
    }
    return events;
  }

  /** By device. */
  private static Map<String, Integer> firstOfEach(List<JsonNode> events) {
    Map<String, Integer> first = new TreeMap<>();
    for (JsonNode event : events) {
      JsonNode data = event.path("data");
      first.putIfAbsent(data.path("device").path("deviceGuid").asText(), data.path("seq").asInt());
    }
    return first;
  }

  @Test
  void refusesADataDirectoryOfAnEarlierVersion() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      FilePermissions.OWNER.createDirectories(log(scene).resolve("journal"));
      FilePermissions.OWNER.createDirectories(log(scene).resolve("bindings"));
      scene.relay.start();
      assertEquals(1, scene.relay.awaitEnd());
      String said = scene.relay.logText();
      assertEquals(1, said.lines().count(), said);
      assertTrue(said.contains("holds the events of an earlier version"), said);
    }
  }

  private static Path log(Scene scene) {
    return scene.relay.dir().resolve("data/spool");
  }

  /** The files of events, oldest first. */
  private static List<Path> files(Scene scene) throws IOException {
    try (Stream<Path> files = Files.list(log(scene))) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
  }

  private static Path newest(Scene scene) throws IOException {
    List<Path> files = files(scene);
    return files.get(files.size() - 1);
  }

  private static Map<Path, byte[]> contents(Path folder) throws IOException {
    Map<Path, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        contents.put(file, Files.readAllBytes(file));
      }
    }
    return contents;
  }
}
