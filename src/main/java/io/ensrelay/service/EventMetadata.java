package io.ensrelay.service;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.ensrelay.config.MqttText;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The event types of the service, from the answer to its metadata call; there is at least one.
 *
 * <p>An answer may contain anything. Taken from it are topics of the form {@code
 * [<uuid>/]device/<x>} of a single tenant, the one with the most topics, and at most {@link #MOST}
 * of them. The topics that the service documents are always among these.
 *
 * @param topics metadata key to MQTT topic, sorted by key; only topics to subscribe to
 * @param refused keys of the answer that are left out
 * @param retentionPeriodMinutes how long the service keeps events for an absent client; 0 if the
 *     answer does not say
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EventMetadata(
    Map<String, String> topics,
    @JsonIgnore Set<String> refused,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int retentionPeriodMinutes) {
  /** The limit for the number of topics. */
  public static final int MOST = 200;

  private static final Pattern KEY = Pattern.compile("[ -~]{1,128}");

  /** Groups: the tenant, then the name of the event. */
  private static final Pattern TOPIC =
      Pattern.compile(
          "((?:\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12}/)?)device/([!-~&&[^/+#]]{1,128})");

  /** The documented topics without the tenant; the service may add more. */
  private static final Set<String> DOCUMENTED =
      Set.of(
          "profile_inventory",
          "cert_inventory",
          "app_inventory",
          "compliant",
          "not_compliant",
          "check_in",
          "wiped",
          "enrolled",
          "retired");

  /**
   * @throws IllegalArgumentException if there is no topic
   */
  public EventMetadata {
    if (topics.isEmpty()) {
      throw new IllegalArgumentException("the answer names no topic");
    }
    topics = Collections.unmodifiableMap(new TreeMap<>(topics));
    refused = Collections.unmodifiableSet(new TreeSet<>(refused));
  }

  /** Reads the answer, which may contain anything, and ignores unknown fields. */
  @JsonCreator
  static EventMetadata of(
      @JsonProperty("topics") Map<String, Object> answered,
      @JsonProperty("retentionPeriodMinutes") Object retention) {
    Map<String, Matcher> wellFormed = new TreeMap<>();
    Map<String, Integer> ofTenant = new TreeMap<>();
    Set<String> refused = new TreeSet<>();
    if (answered != null) {
      answered.forEach(
          (key, value) -> {
            Matcher topic = TOPIC.matcher(value instanceof String text ? text : "");
            if (KEY.matcher(key).matches() && topic.matches()) {
              wellFormed.put(key, topic);
              ofTenant.merge(topic.group(1), 1, Integer::sum);
            } else {
              refused.add(key);
            }
          });
    }
    String tenant = mostNamed(ofTenant);
    Map<String, String> topics = new LinkedHashMap<>();
    Stream.of(true, false)
        .flatMap(
            documented ->
                wellFormed.entrySet().stream()
                    .filter(topic -> DOCUMENTED.contains(topic.getValue().group(2)) == documented))
        .filter(topic -> topic.getValue().group(1).equals(tenant))
        .limit(MOST)
        .forEach(topic -> topics.put(topic.getKey(), topic.getValue().group()));
    wellFormed.keySet().stream().filter(key -> !topics.containsKey(key)).forEach(refused::add);
    int minutes = retention instanceof Integer number ? Math.max(number, 0) : 0;
    return new EventMetadata(topics, refused, minutes);
  }

  private static String mostNamed(Map<String, Integer> ofTenant) {
    int most = ofTenant.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    List<String> tenants =
        ofTenant.keySet().stream().filter(each -> ofTenant.get(each) == most).toList();
    if (tenants.size() > 1) {
      throw new IllegalArgumentException("the answer names topics of several tenants");
    }
    return tenants.stream().findAny().orElse("");
  }

  /** Returns the names that a destination may select: metadata keys and event types. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>(topics.keySet());
    for (String topic : topics.values()) {
      Matcher parts = TOPIC.matcher(topic);
      if (parts.matches()) {
        names.add("device." + parts.group(2));
      }
    }
    return names;
  }

  /** Whether a session may subscribe to this text: it is a valid topic without wildcards. */
  public static boolean isTopic(String text) {
    return !text.isEmpty()
        && text.chars().noneMatch(c -> c == '#' || c == '+')
        && MqttText.canBeSent(text);
  }
}
