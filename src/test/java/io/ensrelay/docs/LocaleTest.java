package io.ensrelay.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.destination.ReadableLine;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a machine reads is written by the locale of who started the relay. */
class LocaleTest {
  /** Calls whose result depends on the default locale, unless they are given one. */
  private static final List<Pattern> BY_LOCALE =
      List.of(
          Pattern.compile("\\.to(Lower|Upper)Case\\(\\)"),
          Pattern.compile("%[-,+ 0(#]*\\d*(\\.\\d+)?[dfegtT](?![a-z{])"),
          Pattern.compile("ofPattern\\(\"[^\"]*\"\\)"),
          Pattern.compile("\\.toFormatter\\(\\)"),
          Pattern.compile("new (SimpleDateFormat|DecimalFormat)\\("),
          Pattern.compile("NumberFormat\\.get\\w+\\(\\)"));

  private final Locale before = Locale.getDefault();

  @AfterEach
  void restore() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ar-EG", "ar-EG-u-nu-arab", "tr-TR", "th-TH-u-ca-buddhist", "hi-IN-u-nu-deva"})
  void writesTheSameEverywhere(String tag) {
    Supplier<List<String>> written =
        () ->
            List.of(
                new String(
                    new EventSplitter("test")
                        .event(
                            new Gap(
                                Instant.ofEpochSecond(1_700_000_000),
                                Instant.ofEpochSecond(1_700_020_000),
                                180,
                                "away"))
                        .json(),
                    StandardCharsets.UTF_8),
                new ReadableLine().of(1_700_000_000_000L, "device.check_in", "IOS", "ACTIVE", "d"));
    Locale.setDefault(Locale.ROOT);
    List<String> expected = written.get();

    Locale.setDefault(Locale.forLanguageTag(tag));

    assertEquals(expected, written.get());
  }

  @Test
  void givesALocaleToWhateverDependsOnOne() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java/io/ensrelay"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        for (String line : Files.readAllLines(file)) {
          // its %d is a date, of digits only
          boolean logPattern = line.contains("setPattern(");
          if (!logPattern
              && !line.contains("Locale.ROOT")
              && BY_LOCALE.stream().anyMatch(call -> call.matcher(line).find())) {
            found.add(file.getFileName() + ": " + line.strip());
          }
        }
      }
    }
    assertEquals(List.of(), found);
  }
}
