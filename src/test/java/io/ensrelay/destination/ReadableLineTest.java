package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadableLineTest {
  private static final long TIME = 1582796173229L;

  private final ReadableLine line = new ReadableLine();

  @Test
  void failsWhenTheStandardOutputTookNothing() throws IOException {
    line.requireTaken();
    PrintStream before = System.out;
    try {
      System.setOut(
          new PrintStream(
              new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                  throw new IOException("the disk is full");
                }
              }));
      System.out.println("x");
      assertThrows(IOException.class, line::requireTaken);
    } finally {
      System.setOut(before);
    }
  }

  @Test
  void beginsWithTheLocalTimeInSeconds() {
    String local =
        LocalDateTime.ofInstant(Instant.ofEpochMilli(TIME), ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"));

    assertEquals(
        local + "  device.wiped              IOS       WIPED             guid-1",
        line.of(TIME, "device.wiped", "IOS", "WIPED", "guid-1"));
  }

  @Test
  void cutsWhatIsTooLong() {
    String endless = "x".repeat(100_000);

    String shown = line.of(TIME, endless, endless, endless, endless);

    assertTrue(shown.length() < 160, shown);
    assertTrue(shown.endsWith("x…"), shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n", "\r", "\t", "\0", "\u001b", "\u007f", "\u0085", "\u009b", "\u2028", "\u2029"
      })
  void showsNoControlCharacter(String control) {
    assertTrue(line.of(TIME, "t", "o", "s", "a" + control + "b").endsWith("  a?b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u202e", "\u200b", "\u2066", "\ufeff"})
  void showsNoCharacterThatTurnsOrHidesText(String format) {
    assertTrue(line.of(TIME, "t", "o", "s", "a" + format + "b").endsWith("  a?b"));
  }

  @Test
  void leavesOtherLettersAlone() {
    assertTrue(line.of(TIME, "t", "o", "s", "Zoë 东京").endsWith("  Zoë 东京"));
  }
}
