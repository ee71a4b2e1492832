package io.ensrelay.simulator;

/** A message on its way to the broker: the full topic and the bytes. */
record Publication(String topic, byte[] payload) {}
