package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.event.Gap;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GapDetectorTest {
  private static final long RETENTION = 180;

  @TempDir Path data;

  private final List<Gap> told = new ArrayList<>();
  private final MovedTime time = new MovedTime();
  private boolean mayTell = true;

  @Test
  void reportsASecondGapWhenTheConnectionIsLostWhileTheFirstIsReported() throws Exception {
    SessionMemory memory = new SessionMemory(new SessionFile(data), "test", "");
    memory.connectedAt(time.instant().minus(Duration.ofHours(5)));
    GapDetector presence = presence(memory);
    presence.connected(true, RETENTION);
    assertEquals(1, told.size());

    // the report of the loss comes four hours late, and the connection did not last
    long lost = time.nanoTime();
    time.pass(Duration.ofHours(4));
    presence.lost(lost);
    presence.connected(true, RETENTION);

    assertEquals(2, told.size());
    Duration missed = Duration.between(told.get(1).from(), told.get(1).to());
    assertTrue(missed.compareTo(Duration.ofMinutes(239)) > 0, missed.toString());
  }

  @Test
  void reportsEverythingMissedUntilTheReport() throws Exception {
    SessionMemory memory = new SessionMemory(new SessionFile(data), "test", "");
    Instant last = Instant.ofEpochMilli(time.instant().minus(Duration.ofHours(5)).toEpochMilli());
    memory.connectedAt(last);
    GapDetector presence = presence(memory);
    mayTell = false;
    presence.connected(true, RETENTION);
    presence.lost(time.nanoTime());
    Instant before = Instant.ofEpochMilli(time.instant().toEpochMilli());
    presence.connected(true, RETENTION);
    mayTell = true;
    presence.still();

    assertEquals(1, told.size());
    assertEquals(last, told.get(0).from());
    assertTrue(!told.get(0).to().isBefore(before), told.toString());
  }

  private GapDetector presence(SessionMemory memory) {
    return new GapDetector(
        memory,
        gap -> {
          if (!mayTell) {
            throw new IllegalStateException("the spool takes nothing");
          }
          told.add(gap);
        },
        new SimpleMeterRegistry().counter("gaps"),
        time.platform());
  }
}
