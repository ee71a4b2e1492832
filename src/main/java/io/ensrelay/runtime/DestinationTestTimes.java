package io.ensrelay.runtime;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pauses as a test writes them: a pause is a sixth longer or shorter by chance. */
final class DestinationTestTimes {
  private static final double SPREAD = 0.17;
  private static final Pattern TIME = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)(ms|s|m)?");

  /** The pauses of the shipped policy, in seconds. */
  private static final int[] ROUND = {1, 2, 4, 8, 10, 16, 20, 32, 40, 60};

  private DestinationTestTimes() {}

  static boolean areAbout(List<DestinationTestNode> wanted, List<Duration> got) {
    boolean areSame = wanted.size() == got.size();
    for (int i = 0; i < wanted.size(); i++) {
      double millis = millis(wanted.get(i));
      areSame &= i < got.size() && isAbout(millis, got.get(i).toMillis());
    }
    return areSame;
  }

  private static boolean isAbout(double wanted, long got) {
    return got >= wanted * (1 - SPREAD) && got <= wanted * (1 + SPREAD) + 1;
  }

  /** A number without a unit is seconds. */
  private static double millis(DestinationTestNode node) {
    String text = node.text("a pause");
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw node.mistake("'" + text + "' is no pause", "write 7 or 7s, 500ms, 1m");
    }
    double number = Double.parseDouble(time.group(1));
    if ("ms".equals(time.group(2))) {
      return number;
    }
    return number * ("m".equals(time.group(2)) ? 60_000 : 1000);
  }

  /** The round time that a pause is about, else its milliseconds. */
  static String shown(Duration pause) {
    if (pause.toMillis() % 1000 == 0) {
      return pause.toSeconds() + "s";
    }
    for (int round : ROUND) {
      if (isAbout(round * 1000.0, pause.toMillis())) {
        return round + "s";
      }
    }
    return pause.toMillis() + "ms";
  }
}
