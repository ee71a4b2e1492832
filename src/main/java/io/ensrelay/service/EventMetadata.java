package io.ensrelay.service;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.ensrelay.MqttText;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which event types the service has, as its metadata call tells: there is at least one.
 *
 * @param topics metadata key to MQTT topic, sorted by key; only topics that can be subscribed to
 * @param refused keys of the answer whose value is no such topic
 * @param retentionPeriodMinutes how long the service keeps events for a client that is away; 0 if
 *     it did not say
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EventMetadata(
    Map<String, String> topics,
    @JsonIgnore Set<String> refused,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int retentionPeriodMinutes) {
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
    Map<String, String> topics = new LinkedHashMap<>();
    Set<String> refused = new TreeSet<>();
    if (answered != null) {
      answered.forEach(
          (key, topic) -> {
            if (topic instanceof String text && isTopic(text)) {
              topics.put(key, text);
            } else {
              refused.add(key);
            }
          });
    }
    int minutes = retention instanceof Integer number ? Math.max(number, 0) : 0;
    return new EventMetadata(topics, refused, minutes);
  }

  /** A topic that names one thing: without wildcards. */
  public static boolean isTopic(String text) {
    return !text.isEmpty()
        && text.chars().noneMatch(c -> c == '#' || c == '+')
        && MqttText.canBeSent(text);
  }
}
