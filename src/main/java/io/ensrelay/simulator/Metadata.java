package io.ensrelay.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/** The event metadata: the topics, changed by the active faults. */
final class Metadata {
  private final SimulatorOptions options;
  private final Map<String, String> topics;
  private final Faults faults;

  Metadata(SimulatorOptions options, Map<String, String> topics, Faults faults) {
    this.options = options;
    this.topics = topics;
    this.faults = faults;
  }

  HttpAnswer answer() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("topics", topicsNow());
    metadata.put("retentionPeriodMinutes", options.rules().retentionMinutes());
    return HttpAnswer.json(200, metadata);
  }

  private Map<String, String> topicsNow() {
    if (faults.happens(FaultKind.METADATA_NO_TOPICS).isPresent()) {
      return Map.of();
    }
    Map<String, String> now = new LinkedHashMap<>(topics);
    faults
        .happens(FaultKind.METADATA_NEW_KEY)
        .map(Fault::key)
        .ifPresent(key -> now.put(key, options.profile().topic(options.tenant(), tail(key))));
    faults.happens(FaultKind.METADATA_MISSING_KEY).map(Fault::key).ifPresent(now::remove);
    return now;
  }

  /** Returns {@code device/sign_out} for {@code device_sign_out}. */
  private static String tail(String key) {
    return key.replaceFirst("^device_", "device/").replaceFirst("_update$", "");
  }
}
