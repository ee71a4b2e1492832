package io.ensrelay.runtime;

import java.util.Optional;
import java.util.Set;

/** Messages of the service by name, for destination tests. */
public interface DestinationTestSamples {
  /**
   * A message as the service sends it.
   *
   * @param key in the metadata, such as {@code device_not_compliant}
   * @param topic it comes on
   * @param payload JSON, which has the device in {@code devices}
   */
  record Sample(String key, String topic, byte[] payload) {}

  /** All names, such as {@code not_compliant}. */
  Set<String> names();

  /**
   * Returns a message of that name, of another device for each number.
   *
   * @param name one of {@link #names()}
   * @param number from 0; the same number gives the same message
   */
  Optional<Sample> of(String name, int number);
}
