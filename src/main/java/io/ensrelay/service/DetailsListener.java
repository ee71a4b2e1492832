package io.ensrelay.service;

import java.time.Instant;

/**
 * Is told what the service says of devices, whoever asked: a bean of this type. Threads: called by
 * those that ask; returns at once.
 */
public interface DetailsListener {
  /**
   * The service has said the state of a device.
   *
   * @param device the device's id in events
   * @param asked when the call began
   * @param json of the device; nobody may change it
   */
  void learned(String tenant, String device, Instant asked, byte[] json);
}
