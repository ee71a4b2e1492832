package io.ensrelay.runtime;

import io.ensrelay.base.Printable;
import java.nio.file.Path;
import java.util.List;

/**
 * A difference between the expectation of a test and what happened.
 *
 * @param line in its file
 * @param path such as {@code https://siem.example.com/collect[0].json.type}; empty: the whole test
 */
record DestinationTestDifference(int line, String path, String expected, String got) {
  private static final int MOST_LISTED = 5;
  private static final int LONGEST = 300;
  private static final int LONGEST_VALUE = 2000;

  /** From this length on it is hard to see where two texts differ. */
  private static final int LONG = 60;

  private static final int CONTEXT = 20;

  /** Each on a line of its own, shortened. */
  static String list(List<DestinationTestMessage> messages) {
    StringBuilder text = new StringBuilder();
    for (DestinationTestMessage each :
        messages.subList(0, Math.min(MOST_LISTED, messages.size()))) {
      text.append("\n- ")
          .append(each.method())
          .append(each.method().isEmpty() ? "" : " ")
          .append(Printable.line(each.text().strip(), LONGEST));
    }
    int more = messages.size() - MOST_LISTED;
    return more > 0
        ? text.append("\n- and ").append(more).append(" more").toString()
        : text.toString();
  }

  /** The difference in lines for a terminal. */
  String text(Path file) {
    return "%s:%s%s\n  expected  %s\n  got       %s%s"
        .formatted(
            file, line, path.isEmpty() ? "" : "  " + path, shown(expected), shown(got), where());
  }

  private static String shown(String value) {
    return Printable.begin(Printable.lines(value), LONGEST_VALUE).replace("\n", "\n            ");
  }

  /** The place at which two long texts begin to differ. */
  private String where() {
    if (Math.min(expected.length(), got.length()) < LONG || expected.startsWith("contains ")) {
      return "";
    }
    int same = 0;
    while (same < Math.min(expected.length(), got.length())
        && expected.charAt(same) == got.charAt(same)) {
      same++;
    }
    return "\n  differs   from character %s on: %s / %s"
        .formatted(same + 1, around(expected, same), around(got, same));
  }

  private static String around(String text, int place) {
    return "..."
        + Printable.line(
            text.substring(Math.max(0, place - CONTEXT), Math.min(text.length(), place + CONTEXT)))
        + "...";
  }
}
