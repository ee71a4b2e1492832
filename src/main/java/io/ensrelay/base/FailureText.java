package io.ensrelay.base;

/** What a failure says to the person at the terminal. */
public final class FailureText {
  private FailureText() {}

  /** The innermost reason that has a text, on one line. */
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
