package io.ensrelay.service;

/**
 * The service's name for a device.
 *
 * @param id never empty
 * @param isGuid whether it is the {@code deviceGuid}; otherwise the {@code identifier}
 */
public record DeviceName(String id, boolean isGuid) {
  /** Most characters of a name. */
  public static final int LONGEST = 200;

  public DeviceName {
    if (id.isEmpty() || id.length() > LONGEST) {
      throw new IllegalArgumentException("a device's name has 1 to " + LONGEST + " characters");
    }
  }
}
