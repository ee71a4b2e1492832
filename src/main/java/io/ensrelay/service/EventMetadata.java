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
 * Which event types the service has, as its metadata call tells: there is at least one.
 *
 * <p>An answer may say anything. Taken from it are topics of the form {@code [<uuid>/]device/<x>}
 * of one tenant, the one that most of them are of, and at most {@link #MOST}: these hold the topics
 * that the service documents, whatever else there is.
 *
 * @param topics metadata key to MQTT topic, sorted by key; only topics to subscribe to
 * @param refused keys of the answer that are left out
 * @param retentionPeriodMinutes how long the service keeps events for a client that is away; 0 if
 *     it did not say
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EventMetadata(
    Map<String, String> topics,
    @JsonIgnore Set<String> refused,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int retentionPeriodMinutes) {
  /** More topics than this are not subscribed. */
  public static final int MOST = 200;

  private static final Pattern KEY = Pattern.compile("[ -~]{1,128}");

  /** The tenant, then the name of the event. */
  private static final Pattern TOPIC =
      Pattern.compile(
          "((?:\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12}/)?)device/([!-~&&[^/+#]]{1,128})");

  /** Topics without the tenant that the service documents; more may come. */
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

  /** From the answer, which may say anything; what it says beyond this is ignored. */
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

  /** A topic that names one thing, without wildcards: a session may be subscribed to it. */
  public static boolean isTopic(String text) {
    return !text.isEmpty()
        && text.chars().noneMatch(c -> c == '#' || c == '+')
        && MqttText.canBeSent(text);
  }
}
