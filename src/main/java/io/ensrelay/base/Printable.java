package io.ensrelay.base;

import java.util.regex.Pattern;

/**
 * Makes text from outside safe to show in a log, a terminal or a page: it can neither begin a line
 * of its own, nor steer the terminal, nor hide or turn around what follows. Threads: stateless.
 */
public final class Printable {
  private static final String UNSAFE = "\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}";
  private static final Pattern IN_LINE = Pattern.compile("[" + UNSAFE + "]");
  private static final Pattern IN_LINES = Pattern.compile("[" + UNSAFE + "&&[^\n\t]]");

  private Printable() {}

  /** One line: each unsafe character becomes a question mark. */
  public static String line(String text) {
    return IN_LINE.matcher(text).replaceAll("?");
  }

  /** One line, cut with three dots behind so many characters. */
  public static String line(String text, int longest) {
    return text.length() <= longest ? line(text) : line(begin(text, longest)) + "...";
  }

  /** The same with line feeds and tabs left as they are. */
  public static String lines(String text) {
    return IN_LINES.matcher(text).replaceAll("?");
  }

  /** At most so many characters, without the first half of one that takes two. */
  public static String begin(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    boolean halves = longest > 0 && Character.isHighSurrogate(text.charAt(longest - 1));
    return text.substring(0, halves ? longest - 1 : longest);
  }
}
