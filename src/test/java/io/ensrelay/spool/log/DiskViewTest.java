package io.ensrelay.spool.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen of a log by who only looks. */
class DiskViewTest {
  @TempDir Path dir;
  private final List<Damage> damage = new ArrayList<>();

  /** A file for each event. */
  private DiskLog log() throws IOException {
    return new DiskLog(
        dir,
        new LogOptions(
            Duration.ofDays(1),
            1 << 20,
            0,
            100,
            0,
            1,
            text -> attributes -> text.equals(attributes.get("eventType")),
            gap -> event(99),
            Clock.systemUTC()));
  }

  private DiskView view() throws IOException {
    return new DiskView(dir, text -> attributes -> text.equals(attributes.get("eventType")));
  }

  private static LogEntry event(int i) {
    Map<String, Object> attributes = Map.of("eventId", "id-" + i, "eventType", "t" + i % 2);
    byte[] body = ("{\"i\":" + i + "}").getBytes(StandardCharsets.UTF_8);
    return new LogEntry(1000L * i, attributes, body, Optional.empty());
  }

  private static void append(DiskLog log, int events) throws IOException {
    for (int i = 0; i < events; i++) {
      log.append(List.of(event(i)));
    }
  }

  private Path file(int first) {
    return dir.resolve("%020d.log".formatted(first));
  }

  @Test
  void countsTheWaitingEventsOfEachDestinationWhileTheLogIsOpen() throws Exception {
    try (DiskLog log = log()) {
      log.attach("all", 1, "", Begin.NOW);
      log.attach("odd", 4, "t1", Begin.NOW);
      append(log, 5);

      DiskView.Content content = view().content();

      assertEquals(5, content.files().size());
      assertEquals(5, content.events());
      assertEquals(5, content.end());
      assertEquals(
          List.of(5L, 2L),
          content.destinations().stream().map(DiskView.Destination::behind).toList());
      assertEquals(1000, content.destinations().get(1).oldest().orElseThrow().toEpochMilli());
    }
  }

  @Test
  void doesNotCountAnUnfinishedEndAsDamageAndCutsNothing() throws Exception {
    try (DiskLog log = log()) {
      append(log, 3);
    }
    byte[] torn = {0, 0, 0, 90, 1, 2, 3};
    Files.write(file(2), torn, StandardOpenOption.APPEND);
    long size = Files.size(file(2));

    DiskView.Verified verified = view().verify(damage::add);

    assertEquals(3, verified.events());
    assertEquals(torn.length, verified.unfinished());
    assertEquals(List.of(), damage);
    assertEquals(size, Files.size(file(2)));
  }

  @Test
  void namesEachDamagedPlaceAndGoesOnBehindIt() throws Exception {
    try (DiskLog log = log()) {
      append(log, 4);
    }
    Files.write(file(0), new byte[100]);
    byte[] bytes = Files.readAllBytes(file(2));
    bytes[bytes.length - 1] ^= 1;
    Files.write(file(2), bytes);

    assertEquals(2, view().verify(damage::add).events());
    assertEquals(
        List.of(file(0).getFileName() + " at 0", file(2).getFileName() + " at 0"),
        damage.stream().map(Damage::file).toList());
    assertEquals(2, view().content().damaged());
  }

  @Test
  void passesOverAFileThatIsDeletedMeanwhile() throws Exception {
    try (DiskLog log = log()) {
      append(log, 3);
    }
    List<Long> seen = new ArrayList<>();
    view()
        .events(
            new DiskView.Wanted(Optional.empty(), Optional.empty(), attributes -> true),
            event -> {
              seen.add(event.number());
              return file(1).toFile().delete() || seen.size() < 2;
            });
    assertEquals(List.of(0L, 2L), seen);
    assertEquals(2, view().content().events());
  }

  @Test
  void opensOnlyALog() {
    assertThrows(IOException.class, this::view);
    assertEquals(0, dir.toFile().list().length);
  }
}
