package io.ensrelay.simulator;

/** A message for the broker: the full topic and the payload. */
record Publication(String topic, byte[] payload) {}
