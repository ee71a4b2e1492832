package io.ensrelay.simulator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.ensrelay.base.Printable;
import io.ensrelay.simulator.FaultKind.Parameter;
import java.time.Duration;
import java.util.Optional;

/**
 * A failure to simulate, and its duration. An omitted parameter takes its default; an unknown
 * parameter of the kind or a value out of bounds causes an {@link IllegalArgumentException} of one
 * line. Without {@code count} and {@code duration} a fault lasts until it is cleared; with both,
 * until the first of them is over.
 *
 * @param kind see {@link FaultKind}
 * @param status the HTTP status of {@code rest-status}, 400 to 599
 * @param retryAfter seconds in {@code Retry-After}, 0 to 86,400; omitted: no such header
 * @param delay how late {@code rest-slow} answers, 1ms to 10m (10s)
 * @param key the key in the metadata
 * @param code the return code of {@code mqtt-refuse}, 1 to 5 (3)
 * @param path a part of the path of the affected calls; omitted: all
 * @param tenant the only tenant it happens to; omitted: all
 * @param count how often it happens, 1 to 1,000,000
 * @param duration how long it lasts, at most 30 days
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Fault(
    String kind,
    Integer status,
    Integer retryAfter,
    String delay,
    String key,
    Integer code,
    String path,
    String tenant,
    Integer count,
    String duration) {

  private static final int MOST_TIMES = 1_000_000;
  private static final int LONGEST_TEXT = 200;
  private static final Duration LONGEST = Duration.ofDays(30);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(10);

  @JsonCreator
  public Fault(
      @JsonProperty("kind") String kind,
      @JsonProperty("status") Integer status,
      @JsonProperty("retryAfter") Integer retryAfter,
      @JsonProperty("delay") String delay,
      @JsonProperty("key") String key,
      @JsonProperty("code") Integer code,
      @JsonProperty("path") String path,
      @JsonProperty("tenant") String tenant,
      @JsonProperty("count") Integer count,
      @JsonProperty("duration") String duration) {
    FaultKind known = known(kind);
    this.kind = kind;
    this.status = number(known, Parameter.STATUS, status, null, 400, 599);
    if (known == FaultKind.REST_STATUS && status == null) {
      throw new IllegalArgumentException("status: is missing, rest-status needs one");
    }
    this.retryAfter = number(known, Parameter.RETRY_AFTER, retryAfter, null, 0, 86_400);
    this.code = number(known, Parameter.CODE, code, 3, 1, 5);
    this.delay = text(known, Parameter.DELAY, delay, "10s");
    if (this.delay != null) {
      span("delay", this.delay, LONGEST_DELAY);
    }
    this.key =
        text(
            known,
            Parameter.KEY,
            key,
            known == FaultKind.METADATA_NEW_KEY ? "device_sign_out" : EventKind.RETIRED.key());
    if (this.key != null && !this.key.matches("device_[a-z0-9_]+")) {
      throw new IllegalArgumentException(
          "key: must be device_ and small letters, such as device_sign_out");
    }
    this.path = text(known, Parameter.PATH, path, null);
    this.tenant = text(known, Parameter.TENANT, tenant, null);
    if (count != null && !known.isCounted()) {
      throw new IllegalArgumentException("count: " + kind + " has none");
    }
    this.count = inBounds("count", count, 1, MOST_TIMES);
    if (duration != null) {
      if (known == FaultKind.MQTT_DROP) {
        throw new IllegalArgumentException("duration: mqtt-drop has none, it happens once");
      }
      span("duration", duration, LONGEST);
    }
    this.duration = duration;
  }

  /** Returns a fault with defaults that lasts until it is cleared. */
  public static Fault of(FaultKind kind) {
    return new Fault(kind.text(), null, null, null, null, null, null, null, null, null);
  }

  /** Returns an HTTP status for all REST calls that lasts until it is cleared. */
  public static Fault status(int status) {
    return new Fault(
        FaultKind.REST_STATUS.text(), status, null, null, null, null, null, null, null, null);
  }

  public Fault times(int newCount) {
    return new Fault(kind, status, retryAfter, delay, key, code, path, tenant, newCount, duration);
  }

  public Fault lasting(Duration newDuration) {
    return new Fault(
        kind,
        status,
        retryAfter,
        delay,
        key,
        code,
        path,
        tenant,
        count,
        Durations.text(newDuration));
  }

  public Fault on(String newPath) {
    return new Fault(kind, status, retryAfter, delay, key, code, newPath, tenant, count, duration);
  }

  public Fault retryAfter(int seconds) {
    return new Fault(kind, status, seconds, delay, key, code, path, tenant, count, duration);
  }

  public Fault delayed(Duration newDelay) {
    return new Fault(
        kind,
        status,
        retryAfter,
        Durations.text(newDelay),
        key,
        code,
        path,
        tenant,
        count,
        duration);
  }

  public Fault withCode(int newCode) {
    return new Fault(kind, status, retryAfter, delay, key, newCode, path, tenant, count, duration);
  }

  public Fault withKey(String newKey) {
    return new Fault(kind, status, retryAfter, delay, newKey, code, path, tenant, count, duration);
  }

  /** Returns the same fault for one tenant of several. */
  public Fault of(String newTenant) {
    return new Fault(kind, status, retryAfter, delay, key, code, path, newTenant, count, duration);
  }

  FaultKind knownKind() {
    return known(kind);
  }

  Optional<Duration> lasts() {
    return Optional.ofNullable(duration).map(Durations::parse);
  }

  /** Whether it affects calls with this path; a fault without a path affects all. */
  boolean isAbout(String called) {
    return path == null || called.contains(path);
  }

  /** Whether it happens to this tenant; a fault without a tenant happens to all. */
  boolean isFor(String concerned) {
    return tenant == null || tenant.equals(concerned);
  }

  private static FaultKind known(String kind) {
    if (kind == null) {
      throw new IllegalArgumentException("kind: is missing, one of " + FaultKind.names());
    }
    return FaultKind.of(kind)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "kind: %s is none of %s".formatted(shown(kind), FaultKind.names())));
  }

  private static Integer number(
      FaultKind kind, Parameter parameter, Integer given, Integer normal, int least, int most) {
    requireTaken(kind, parameter, given);
    Integer value = given == null && kind.takes(parameter) ? normal : given;
    return inBounds(parameter.text(), value, least, most);
  }

  private static Integer inBounds(String name, Integer value, int least, int most) {
    if (value != null && (value < least || value > most)) {
      throw new IllegalArgumentException(
          "%s: %s must be from %s to %s".formatted(name, value, least, most));
    }
    return value;
  }

  private static String text(FaultKind kind, Parameter parameter, String given, String normal) {
    requireTaken(kind, parameter, given);
    if (given != null && (given.isBlank() || given.length() > LONGEST_TEXT)) {
      throw new IllegalArgumentException(
          "%s: must have 1 to %s characters".formatted(parameter.text(), LONGEST_TEXT));
    }
    return given == null && kind.takes(parameter) ? normal : given;
  }

  private static void requireTaken(FaultKind kind, Parameter parameter, Object given) {
    if (given != null && !kind.takes(parameter)) {
      throw new IllegalArgumentException(
          "%s: %s has none".formatted(parameter.text(), kind.text()));
    }
  }

  private static void span(String name, String value, Duration longest) {
    Duration span;
    try {
      span = Durations.parse(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
    if (span.isZero() || span.compareTo(longest) > 0) {
      throw new IllegalArgumentException(
          "%s: %s must be from 1ms to %s".formatted(name, value, Durations.text(longest)));
    }
  }

  private static String shown(String text) {
    return Printable.line(text, 40);
  }
}
