package io.ensrelay.service;

import io.ensrelay.event.DeviceDigest;
import java.util.Optional;

/**
 * A device as an answer of the service describes it.
 *
 * @param json its bytes in the answer; nobody may change them
 */
public record FleetDevice(DeviceDigest digest, byte[] json) {
  /** The same device under the name by which it was asked for. */
  FleetDevice named(String name) {
    return new FleetDevice(
        new DeviceDigest(Optional.of(name), digest.isGuid(), digest.status(), digest.value()),
        json);
  }
}
