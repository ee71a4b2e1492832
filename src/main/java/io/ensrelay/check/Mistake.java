package io.ensrelay.check;

import java.nio.file.Path;

/**
 * A mistake in a route file or a kamelet file. Immutable.
 *
 * @param file the file, as the settings name it
 * @param line its line, from 1
 * @param level {@code FAILED} ends a start; a {@code WARNING} does not
 * @param text the problem and what to do about it, on one line; it never shows the value of a
 *     parameter, which may be a secret
 */
public record Mistake(Path file, int line, Finding.Level level, String text) {

  static Mistake failed(Path file, int line, String problem, String remedy) {
    return new Mistake(file, line, Finding.Level.FAILED, problem + "; " + remedy);
  }

  static Mistake warning(Path file, int line, String problem, String remedy) {
    return new Mistake(file, line, Finding.Level.WARNING, problem + "; " + remedy);
  }

  Mistake asWarning() {
    return new Mistake(file, line, Finding.Level.WARNING, text);
  }

  /** Whether it ends a start. */
  public boolean isFailure() {
    return level == Finding.Level.FAILED;
  }

  /** Returns the place and the text, as every command prints them. */
  @Override
  public String toString() {
    return file + ", line " + line + ": " + text;
  }
}
