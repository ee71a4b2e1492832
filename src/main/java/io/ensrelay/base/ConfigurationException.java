package io.ensrelay.base;

/**
 * A setting that can't work: which key, its value, what is wrong with it and what to do.
 *
 * <p>The message is one line of printable text for an operator. It never holds a secret: the value
 * of a key that ends in {@code password} or {@code token} is shown as {@code (hidden)}, and of a
 * URL only scheme, host and port are. There is no cause, whose text would not keep that promise.
 */
public final class ConfigurationException extends RuntimeException {
  private static final int LONGEST = 200;

  private final String key;

  /** The value of {@code key} is wrong. */
  public ConfigurationException(String key, String value, String problem, String remedy) {
    super(printable(key) + "=" + shown(key, value) + ": " + text(problem, remedy));
    this.key = key;
  }

  /** {@code key} is missing, unknown, or has a value not worth showing. */
  public ConfigurationException(String key, String problem, String remedy) {
    super(printable(key) + ": " + text(problem, remedy));
    this.key = key;
  }

  /** The key of application.properties, or the file itself when it can't be read at all. */
  public String key() {
    return key;
  }

  private static String text(String problem, String remedy) {
    return Printable.line(problem) + "; " + Printable.line(remedy);
  }

  private static String shown(String key, String value) {
    if (key.endsWith("password") || key.endsWith("token")) {
      return "(hidden)";
    }
    if (!key.endsWith("url") && !key.endsWith("proxy")) {
      return printable(value);
    }
    return printable(Redaction.url(value));
  }

  private static String printable(String text) {
    return Printable.line(text, LONGEST);
  }
}
