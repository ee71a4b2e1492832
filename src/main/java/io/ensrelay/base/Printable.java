package io.ensrelay.base;

import java.util.regex.Pattern;

/**
 * Makes text from outside safe for a log, a terminal or a page: the text can't start a new line,
 * control the terminal, or hide or reverse the text after it. Threads: stateless.
 */
public final class Printable {
  private static final String UNSAFE = "\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}";
  private static final Pattern IN_LINE = Pattern.compile("[" + UNSAFE + "]");
  private static final Pattern IN_LINES = Pattern.compile("[" + UNSAFE + "&&[^\n\t]]");

  private Printable() {}

  /** Returns one line; a question mark replaces each unsafe character. */
  public static String line(String text) {
    return IN_LINE.matcher(text).replaceAll("?");
  }

  /** Returns one line, cut after {@code longest} characters and then ended with three dots. */
  public static String line(String text, int longest) {
    return text.length() <= longest ? line(text) : line(begin(text, longest)) + "...";
  }

  /** Replaces unsafe characters except line feeds and tabs. */
  public static String lines(String text) {
    return IN_LINES.matcher(text).replaceAll("?");
  }

  /** Returns at most {@code longest} characters and never half of a surrogate pair. */
  public static String begin(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    boolean halves = longest > 0 && Character.isHighSurrogate(text.charAt(longest - 1));
    return text.substring(0, halves ? longest - 1 : longest);
  }
}
