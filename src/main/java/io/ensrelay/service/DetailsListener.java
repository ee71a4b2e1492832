package io.ensrelay.service;

import java.time.Instant;

/**
 * Receives every answer of the service about a device, whoever asked: a bean of this type. Threads:
 * the asking threads call it; it returns at once.
 */
public interface DetailsListener {
  /**
   * The service has described a device.
   *
   * @param device the device's id in events
   * @param asked when the call began
   * @param json of the device; nobody may change it
   */
  void learned(String tenant, String device, Instant asked, byte[] json);
}
