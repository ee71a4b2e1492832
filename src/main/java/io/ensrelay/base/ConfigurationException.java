package io.ensrelay.base;

import java.util.regex.Pattern;

/**
 * An invalid setting: its key, its value, the problem and the remedy.
 *
 * <p>The message is one line of printable text for an operator. It never holds a secret: it shows
 * {@code (hidden)} for a key that ends in {@code password}, {@code token}, {@code secret} or {@code
 * api-key}, and only scheme, host and port of a URL. There is no cause, because its text might
 * break that promise.
 */
public final class ConfigurationException extends RuntimeException {
  private static final int LONGEST = 200;
  private static final Pattern SECRET =
      Pattern.compile(".*(password|token|secret|api-key|jaas\\.config|keystore\\.key)");

  private final String key;

  /** The value of {@code key} is wrong. */
  public ConfigurationException(String key, String value, String problem, String remedy) {
    super(printable(key) + "=" + shown(key, value) + ": " + text(problem, remedy));
    this.key = key;
  }

  /** {@code key} is missing or unknown, or its value is not worth showing. */
  public ConfigurationException(String key, String problem, String remedy) {
    super(printable(key) + ": " + text(problem, remedy));
    this.key = key;
  }

  private ConfigurationException(String message, ConfigurationException cause) {
    super(message, cause);
    key = cause.key;
  }

  /** Returns the same, with the place of the mistake in front. */
  public ConfigurationException in(String place) {
    return new ConfigurationException(printable(place) + ": " + getMessage(), this);
  }

  /** Returns the key of application.properties, or the file itself if it is unreadable. */
  public String key() {
    return key;
  }

  private static String text(String problem, String remedy) {
    return Printable.line(problem) + "; " + Printable.line(remedy);
  }

  private static String shown(String key, String value) {
    if (SECRET.matcher(key).matches()) {
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
