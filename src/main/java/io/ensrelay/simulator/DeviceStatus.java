package io.ensrelay.simulator;

import java.util.Arrays;
import java.util.Optional;

/**
 * The documented states of a device. A simulated fleet has active, retired and wiped devices only.
 */
enum DeviceStatus {
  ACTIVE,
  RETIRED,
  WIPED,
  WIPE_SENT,
  UNKNOWN,
  RETIRE_SENT,
  ENROLLMENT_PENDING;

  static Optional<DeviceStatus> of(String text) {
    return Arrays.stream(values()).filter(status -> status.name().equals(text)).findFirst();
  }
}
