package io.ensrelay.intake;

import org.eclipse.paho.client.mqttv3.MqttMessage;

/**
 * A message of the service that is not acknowledged yet. It belongs to the connection it came on:
 * its packet id means nothing on another one.
 */
final class Receipt extends MqttMessage {
  private final Connection connection;
  private final String topic;
  private final byte[] payload;
  private final long receivedMillis = System.currentTimeMillis();
  private boolean stored;

  Receipt(Connection connection, String topic, MqttMessage message) {
    payload = message.getPayload();
    setId(message.getId());
    setQos(message.getQos());
    setDuplicate(message.isDuplicate());
    this.connection = connection;
    this.topic = topic;
  }

  /** Not a copy, as Paho would make; nobody changes it. */
  @Override
  public byte[] getPayload() {
    return payload;
  }

  Connection connection() {
    return connection;
  }

  String topic() {
    return topic;
  }

  /** By the clock, epoch milliseconds. */
  long receivedMillis() {
    return receivedMillis;
  }

  /** Guarded by the connection. */
  boolean isStored() {
    return stored;
  }

  void markStored() {
    stored = true;
  }
}
