package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceNumberTest {
  private final DeviceNumber numbers = new DeviceNumber(42);

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 999_999, 1L << 32, (7L << 32) | 123, -1, Long.MAX_VALUE})
  void findsTheNumberInWhatHidesIt(long number) {
    assertEquals(number, numbers.undo(numbers.mix(number)));
    assertEquals(OptionalLong.of(number), numbers.ofUuid(numbers.uuid(number, -1)));
    assertEquals(OptionalLong.of(number), numbers.ofUuid(numbers.uuid(number, 0)));
    assertEquals(OptionalLong.of(number), numbers.ofHex(numbers.hex(number) + "rest"));
  }

  @Test
  void makesAUuidThatLooksRandom() {
    UUID uuid = UUID.fromString(numbers.uuid(5, 77));

    assertEquals(4, uuid.version());
    assertEquals(2, uuid.variant());
    assertNotEquals(numbers.uuid(6, 77).substring(0, 8), uuid.toString().substring(0, 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "not sixteen hex digits", "0123456789abcdeg"})
  void findsNothingInOtherTexts(String text) {
    assertTrue(numbers.ofUuid(text).isEmpty());
    assertTrue(numbers.ofHex(text).isEmpty());
  }
}
