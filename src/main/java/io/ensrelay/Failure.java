package io.ensrelay;

/** What a failure says to the person at the terminal. */
final class Failure {
  private Failure() {}

  /** The innermost reason that has a text, on one line. */
  static String line(Throwable failure) {
    String text = failure.getClass().getSimpleName();
    for (Throwable t = failure; t != null; t = t.getCause() == t ? null : t.getCause()) {
      if (t.getMessage() != null && !t.getMessage().isBlank()) {
        text = t.getMessage();
      }
    }
    return Shown.text(text.replaceAll("\\s*\\R\\s*", " "));
  }
}
