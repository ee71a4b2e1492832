package io.ensrelay.config;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FileOwner;
import io.ensrelay.base.SigningSecrets;
import io.ensrelay.event.DeviceField;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.util.TimeUtils;

/** The shapes a value of the configuration can have. */
public final class ValueRules {
  private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

  private ValueRules() {}

  private static final Pattern FAILURE =
      Pattern.compile(
          "HTTP [1-5](?:\\d\\d|xx)|SQLState [0-9A-Z]{2,5}"
              + "|[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)*");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,6}) ?([kKmMgGtT])[bB]");

  /** Whether a value is well formed; throws a {@link ConfigurationException} if not. */
  @FunctionalInterface
  interface Shape {
    void check(String key, String value);
  }

  static Shape tenant() {
    return when(
        value -> value.matches("[A-Za-z0-9._-]{1,64}") && !Set.of(".", "..").contains(value),
        "can't be part of a file name",
        "use 1 to 64 letters, digits, . _ -");
  }

  static Shape tenants() {
    return when(
        value ->
            value.equals("*")
                || list(value).stream().allMatch(name -> name.matches("[A-Za-z0-9._-]{1,64}")),
        "is not a list of tenants",
        "give names separated by commas, or * for all");
  }

  static Shape clientId() {
    return when(
        MqttText::canBeSent,
        "is not an MQTT client id",
        "use 1 to 65535 bytes of UTF-8 without control characters and emoji");
  }

  static Shape integer(int least, int most) {
    return when(
        value -> isIntegerWithin(value, least, most),
        "is not a number from " + least + " to " + most,
        "give one without a unit");
  }

  /** Whether it is a rule of routes/errors.camel.yaml. */
  public static boolean isFailureRule(String rule) {
    return FAILURE.matcher(rule).matches();
  }

  static Shape failures() {
    return when(
        value -> list(value).stream().allMatch(ValueRules::isFailureRule),
        "is not a list of failures",
        "give names of exceptions, HTTP 429, HTTP 5xx or SQLState 08, separated by commas");
  }

  static Shape bool() {
    return when(
        value -> value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false"),
        "is neither true nor false",
        "give one of them");
  }

  static Shape oneOf(String... words) {
    return when(
        value -> Stream.of(words).anyMatch(value::equalsIgnoreCase),
        "is none of " + String.join(", ", words),
        "give one of them");
  }

  static Shape logLevel() {
    return oneOf("OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE");
  }

  static Shape timeOfDay() {
    return when(
        value -> value.matches("([01]\\d|2[0-3]):[0-5]\\d"),
        "is not a time of day",
        "give hours and minutes, such as 02:30");
  }

  /** An open set. */
  static Shape statuses() {
    return when(
        value ->
            !list(value).isEmpty()
                && list(value).stream().allMatch(status -> status.matches("[A-Za-z0-9_]{1,40}")),
        "is not a list of device statuses",
        "give names such as ACTIVE,RETIRED, separated by commas");
  }

  static Shape fieldNames() {
    return when(
        value -> list(value).stream().allMatch(field -> field.matches("[^\\s\"]{1,100}")),
        "is not a list of fields of a device",
        "give names such as lastCheckInTime, separated by commas");
  }

  /** As Camel reads durations, which itself takes what it does not understand for zero. */
  static Shape duration() {
    return when(
        ValueRules::isDuration,
        "is not a time of at least a second",
        "give one such as 30s, 5m30s, 1h or 60000 (milliseconds)");
  }

  private static boolean isDuration(String value) {
    return value.matches("\\d{1,15}|(?=.)(\\d{1,5}d)?(\\d{1,9}h)?(\\d{1,9}m)?(\\d{1,9}s)?")
        && TimeUtils.toMilliSeconds(value) >= 1000;
  }

  /**
   * A time as {@link #duration()} accepts it.
   *
   * @throws ConfigurationException when it is none
   */
  public static Duration duration(String key, String value) {
    duration().check(key, value);
    return Duration.ofMillis(TimeUtils.toMilliSeconds(value));
  }

  /**
   * The age in a {@code begin} that is neither now nor earliest.
   *
   * @throws ConfigurationException when it is none
   */
  public static Duration age(String key, String value) {
    begin().check(key, value);
    return Duration.ofMillis(TimeUtils.toMilliSeconds(value));
  }

  /** Where a new destination begins. */
  static Shape begin() {
    return when(
        value ->
            value.equalsIgnoreCase("now")
                || value.equalsIgnoreCase("earliest")
                || isDuration(value),
        "is neither now, earliest nor an age",
        "give one of them, an age such as 2h or 7d");
  }

  /** From none to a minute. */
  static Shape pause() {
    return when(
        value -> value.matches("\\d{1,5}(ms|s|m)?") && TimeUtils.toMilliSeconds(value) <= 60_000,
        "is not a time of at most a minute",
        "give one such as 0, 500 (milliseconds) or 2s");
  }

  /** A size such as 500MB. */
  static Shape size() {
    return ValueRules::bytes;
  }

  /**
   * A size in bytes: a number with kB, MB, GB or TB, each 1024 of the one before.
   *
   * @throws ConfigurationException when it is none
   */
  public static long bytes(String key, String value) {
    Matcher size = SIZE.matcher(value);
    if (!size.matches()) {
      throw new ConfigurationException(
          key, value, "is not a size", "give one such as 500MB, 1GB or 2TB");
    }
    int power = "KMGT".indexOf(Character.toUpperCase(size.group(2).charAt(0))) + 1;
    return Long.parseLong(size.group(1)) << (10 * power);
  }

  /** Fields of a device that the table of devices keeps. */
  static Shape deviceFields() {
    return ValueRules::deviceFields;
  }

  /**
   * The fields in a list.
   *
   * @throws ConfigurationException if it has the name of no such field
   */
  public static Set<DeviceField> deviceFields(String key, String value) {
    try {
      return DeviceField.set(value);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          key,
          value,
          "has the unknown field '" + e.getMessage() + "'",
          "give none, or some of these separated by commas: " + DeviceField.names());
    }
  }

  static Shape protocols() {
    return when(
        value -> list(value).stream().allMatch(PROTOCOLS::contains),
        "is not a list of TLS versions",
        "give TLSv1.2, TLSv1.3 or both, separated by a comma");
  }

  static Shape eventNames() {
    return when(
        value ->
            value.equals("*") || list(value).stream().allMatch(name -> name.matches("[\\w.-]+")),
        "is not a list of event types",
        "give metadata keys separated by commas, or * for all");
  }

  /** With a schema before it, and a catalog before that. */
  static Shape tableName() {
    return when(
        value -> value.matches("[A-Za-z_][\\w$]*(\\.[A-Za-z_][\\w$]*){0,2}"),
        "is not the name of a table",
        "use letters, digits, _ and $, with a schema before a dot; for any other name give a"
            + " statement");
  }

  /** Of Elasticsearch or OpenSearch. */
  static Shape index() {
    return when(
        value -> value.matches("[A-Za-z0-9.][A-Za-z0-9._-]{0,254}") && !value.matches("\\.+"),
        "is not the name of an index",
        "use letters, digits, . _ -, a letter or digit first");
  }

  /** Addresses of Kafka's brokers. */
  static Shape brokers() {
    return when(
        value ->
            list(value).stream()
                .allMatch(
                    broker ->
                        broker.matches("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:]+]):\\d+")
                            && isIntegerWithin(
                                broker.substring(broker.lastIndexOf(':') + 1), 1, 65535)),
        "is not a list of brokers",
        "give host:9092, or several separated by commas");
  }

  static Shape kafkaTopic() {
    return when(
        value -> value.matches("[A-Za-z0-9._-]{1,249}") && !Set.of(".", "..").contains(value),
        "is no name of a topic",
        "use 1 to 249 letters, digits, . _ -");
  }

  /** Of a broker; Camel changes these characters in a parameter of a kamelet. */
  static Shape queueOrTopic() {
    return when(
        value -> value.matches("[^&?#+%]+"),
        "has one of the characters & ? # + %",
        "give the name of a queue or a topic without them");
  }

  static Shape className() {
    return when(
        value -> value.matches("[A-Za-z_$][\\w$]*(\\.[A-Za-z_$][\\w$]*)+"),
        "is no name of a class",
        "give it with its package");
  }

  static Shape hostName() {
    return when(
        value -> value.matches("[A-Za-z0-9._-]+|[0-9A-Fa-f:]+"),
        "is not a host name or an address",
        "give one without a scheme and a port");
  }

  static Shape hostNames() {
    return when(
        value -> list(value).stream().allMatch(name -> name.matches("[A-Za-z0-9._-]+")),
        "is not a list of host names",
        "give names separated by commas, without a scheme and a port");
  }

  static Shape token() {
    return when(
        value -> value.matches("[!-~]+"),
        "can't be part of an HTTP header",
        "give the token alone, of ASCII letters, digits and signs without spaces");
  }

  /** Secrets of Standard Webhooks; the message shows nothing of them. */
  static Shape signingSecrets() {
    return (key, value) -> {
      try {
        SigningSecrets.of(value);
      } catch (IllegalArgumentException e) {
        throw new ConfigurationException(
            key,
            e.getMessage(),
            "give whsec_ and base64 of 24 to 64 bytes; several are separated by commas");
      }
    };
  }

  static Shape headerValue() {
    return when(
        value -> value.matches("[ -~]+"),
        "can't be part of an HTTP header",
        "give ASCII letters, digits, signs and blanks");
  }

  /** Basic authentication ends the name at the first colon. */
  static Shape basicUser() {
    return when(
        value -> value.matches("[^:\\p{Cntrl}]+"),
        "has a colon or a control character, which a user name for Basic can't have",
        "give another name");
  }

  /** One that carries a key, not one that the client itself needs. */
  static Shape headerName() {
    return when(
        value ->
            value.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]+")
                && !value.matches(
                    "(?i)host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect"
                        + "|proxy-.*|webhook-.*|ce-.*|eventid"),
        "is not the name of a header for a key",
        "give one such as X-API-Key");
  }

  /** One that is there, or could be made; nothing is made yet, as 'check' may be run by another. */
  static Shape directory() {
    return (key, value) -> {
      try {
        Path nearest = Path.of(value).toAbsolutePath();
        while (!Files.exists(nearest, LinkOption.NOFOLLOW_LINKS) && nearest.getParent() != null) {
          nearest = nearest.getParent();
        }
        Files.delete(Files.createTempFile(nearest, ".write-", ".tmp"));
      } catch (AccessDeniedException e) {
        throw FileOwner.refused(key, Path.of(value));
      } catch (IOException | InvalidPathException e) {
        throw new ConfigurationException(
            key, value, "can't be written to", "give a directory this user may create or write to");
      }
    };
  }

  /** One that is there. */
  static Shape folder() {
    return (key, value) -> {
      try {
        if (Files.isDirectory(Path.of(value))) {
          return;
        }
      } catch (InvalidPathException e) {
        // the same as one that is not there
      }
      throw new ConfigurationException(
          key, value, "is no folder", "make it, let 'add' make it, or correct the setting");
    };
  }

  static boolean isIntegerWithin(String value, int least, int most) {
    return value.matches("\\d{1,9}")
        && Integer.parseInt(value) >= least
        && Integer.parseInt(value) <= most;
  }

  private static List<String> list(String value) {
    return List.of(value.split("\\s*,\\s*", -1));
  }

  private static Shape when(Predicate<String> fits, String problem, String remedy) {
    return (key, value) -> {
      if (!fits.test(value)) {
        throw new ConfigurationException(key, value, problem, remedy);
      }
    };
  }
}
