package io.ensrelay.simulator;

/**
 * A message for the broker.
 *
 * @param topic the full topic
 * @param payload the message; do not change it
 * @param events how many events the message counts as in the account of its tenant
 */
record Publication(String topic, byte[] payload, int events) {
  /** A message that is not from a fleet: one event. */
  Publication(String topic, byte[] payload) {
    this(topic, payload, 1);
  }
}
