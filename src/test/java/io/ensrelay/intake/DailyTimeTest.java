package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DailyTimeTest {
  @ParameterizedTest
  @CsvSource({
    "2026-03-01T01:00:00Z, 2026-03-01T01:30:00Z",
    "2026-03-01T01:30:00Z, 2026-03-02T01:30:00Z",
    "2026-03-01T23:00:00Z, 2026-03-02T01:30:00Z",
    // the clock is put forward from 2 to 3
    "2026-03-28T12:00:00Z, 2026-03-29T01:30:00Z",
    "2026-03-29T12:00:00Z, 2026-03-30T00:30:00Z",
    // and back from 3 to 2
    "2026-10-24T12:00:00Z, 2026-10-25T00:30:00Z",
    "2026-10-25T00:30:00Z, 2026-10-26T01:30:00Z"
  })
  void comesOnceADay(Instant now, Instant next) {
    assertEquals(next, DailyTime.of("02:30", ZoneId.of("Europe/Berlin")).after(now));
  }
}
