package io.ensrelay.intake;

import java.util.OptionalLong;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttInputStream;

/**
 * A message of the service that is not acknowledged yet. It belongs to the connection it came on:
 * its packet id means nothing on another one.
 */
final class Receipt extends MqttMessage {
  private static final byte[] STORED = new byte[0];

  private final Connection connection;
  private final String topic;
  private final int size;
  private final OptionalLong cutFrom;
  private volatile byte[] payload;
  private final long receivedMillis = System.currentTimeMillis();
  private boolean stored;

  /**
   * @param size what it takes in the window
   */
  Receipt(Connection connection, String topic, MqttMessage message, int size) {
    this.size = size;
    payload = message.getPayload();
    cutFrom =
        message instanceof MqttInputStream.CutMessage cut
            ? OptionalLong.of(cut.bytes())
            : OptionalLong.empty();
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

  int size() {
    return size;
  }

  /** How many bytes it had, when only its beginning is here. */
  OptionalLong cutFrom() {
    return cutFrom;
  }

  /** By the clock, epoch milliseconds. */
  long receivedMillis() {
    return receivedMillis;
  }

  /** Guarded by the connection. */
  boolean isStored() {
    return stored;
  }

  /** One that waits for those before it needs its payload no more. */
  void markStored() {
    stored = true;
    payload = STORED;
  }
}
