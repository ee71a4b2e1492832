package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.ensrelay.base.FailureReason;
import io.ensrelay.service.RecordedLog;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StallDetectorTest {
  private final RecordedLog log = new RecordedLog();
  private final InstantSource time = () -> this.now;
  private final StallDetector stall =
      new StallDetector("siem", () -> {}, time.withZone(ZoneOffset.UTC));
  private Instant now = Instant.parse("2026-02-27T09:36:13Z");

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void saysTheEndOnceItHasLastedTenSeconds() {
    fails(Fault.PASSES);
    pass(16);
    delivers();
    pass(9);
    assertEquals(1, log.lines(Level.INFO).size(), "the end is not said yet");

    pass(1);

    assertTrue(info().endsWith("Destination siem is no longer stalled, after 16 s"), this::info);
  }

  @Test
  void saysOnceThatAnEndpointFailsNowAndThen() {
    for (int i = 0; i < 5; i++) {
      fails(Fault.PASSES);
      pass(2);
      delivers();
      pass(3);
    }
    pass(10);

    assertEquals(1, log.lines(Level.WARN).size(), "said once");
    assertTrue(info().endsWith("after 22 s in which it failed 5 times"), this::info);
    assertEquals(Optional.empty(), stall.now());
  }

  @Test
  void saysEachStallAfterALongRest() {
    for (int i = 0; i < 2; i++) {
      fails(Fault.PASSES);
      pass(1);
      delivers();
      pass(10);
    }

    assertEquals(2, log.lines(Level.WARN).size());
    assertEquals(4, log.lines(Level.INFO).size());
  }

  @Test
  void saysAtOnceThatAStallHasBecomeARefusal() {
    fails(Fault.PASSES);
    fails(Fault.DESTINATION);
    fails(Fault.DESTINATION);

    assertTrue(log.lines(Level.WARN).get(0).contains("siem is stalled: "));
    assertEquals(1, log.lines(Level.ERROR).size(), "said once");
    assertTrue(log.lines(Level.ERROR).get(0).contains("siem refuses all events: "));

    delivers();
    pass(10);
    assertTrue(info().contains("siem no longer refuses all events"), this::info);
  }

  private void fails(Fault fault) {
    FailureReason why = FailureReason.of(new IOException("away"));
    stall.begin(Thread.currentThread(), new Trouble(fault, why, Optional.empty(), 1, now));
  }

  private void delivers() {
    stall.end(Thread.currentThread());
  }

  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      now = now.plusSeconds(1);
      stall.look();
    }
  }

  private String info() {
    List<String> lines = log.lines(Level.INFO);
    return lines.get(lines.size() - 1);
  }
}
