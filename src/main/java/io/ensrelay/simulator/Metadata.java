package io.ensrelay.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/** The event metadata of a tenant: its topics, changed by the active faults. */
final class Metadata {
  private final ServiceRules rules;
  private final Faults faults;

  Metadata(ServiceRules rules, Faults faults) {
    this.rules = rules;
    this.faults = faults;
  }

  HttpAnswer answer(SimulatedTenant tenant) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("topics", topicsNow(tenant));
    metadata.put("retentionPeriodMinutes", rules.retentionMinutes());
    return HttpAnswer.json(200, metadata);
  }

  private Map<String, String> topicsNow(SimulatedTenant tenant) {
    if (faults.happens(FaultKind.METADATA_NO_TOPICS, tenant.name()).isPresent()) {
      return Map.of();
    }
    Map<String, String> now = new LinkedHashMap<>(tenant.topics());
    faults
        .happens(FaultKind.METADATA_NEW_KEY, tenant.name())
        .map(Fault::key)
        .ifPresent(key -> now.put(key, tenant.topic(tail(key))));
    faults
        .happens(FaultKind.METADATA_MISSING_KEY, tenant.name())
        .map(Fault::key)
        .ifPresent(now::remove);
    return now;
  }

  /** Returns {@code device/sign_out} for {@code device_sign_out}. */
  private static String tail(String key) {
    return key.replaceFirst("^device_", "device/").replaceFirst("_update$", "");
  }
}
