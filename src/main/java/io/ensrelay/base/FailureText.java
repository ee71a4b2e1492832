package io.ensrelay.base;

/** Turns a failure into text for the person at the terminal. Threads: stateless. */
public final class FailureText {
  private FailureText() {}

  /** Returns the message of the innermost cause that has one, on one line. */
  public static String line(Throwable failure) {
    String text = failure.getClass().getSimpleName();
    for (Throwable t = failure; t != null; t = t.getCause() == t ? null : t.getCause()) {
      if (t.getMessage() != null && !t.getMessage().isBlank()) {
        text = t.getMessage();
      }
    }
    return Redaction.text(text.replaceAll("\\s*\\R\\s*", " "));
  }
}
