package io.ensrelay.service;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A call to make, and its devices.
 *
 * @param isGuid how it names the devices
 * @param devices at most as many as a call may have
 * @param ahead the devices that no event waits for
 */
record DetailsQuestion(
    DetailsCall call, boolean isGuid, Set<DeviceName> devices, Set<DeviceName> ahead) {

  static DetailsQuestion empty(DetailsCall call, boolean isGuid) {
    return new DetailsQuestion(call, isGuid, new LinkedHashSet<>(), new LinkedHashSet<>());
  }

  String body() {
    return "{\"identifiers\":["
        + quoted(devices)
        + "],\"identifierType\":\""
        + (isGuid ? "GUID" : "MDM_IDENTIFIER")
        + "\"}";
  }

  private static String quoted(Collection<DeviceName> devices) {
    return devices.stream()
        .map(DeviceName::id)
        .map(id -> '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(id)) + '"')
        .collect(Collectors.joining(","));
  }
}
