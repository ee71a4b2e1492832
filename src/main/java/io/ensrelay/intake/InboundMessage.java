package io.ensrelay.intake;

import io.ensrelay.event.ReceivedMessage;
import java.util.OptionalLong;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttInputStream;

/**
 * A message of the service in the intake route. It belongs to the connection it came on: its packet
 * id means nothing on another one. Threads: safe.
 */
final class InboundMessage extends MqttMessage implements ReceivedMessage {
  private static final byte[] NO_PAYLOAD = new byte[0];

  private final MqttConnection connection;
  private final String topic;
  private final int size;
  private final OptionalLong cutFrom;
  private volatile byte[] payload;
  private final long receivedMillis;
  private volatile boolean taken;
  private volatile boolean acknowledged;

  /**
   * @param size the bytes with which it counts against the in-flight limit
   */
  InboundMessage(
      MqttConnection connection, String topic, MqttMessage message, int size, long receivedMillis) {
    this.size = size;
    this.receivedMillis = receivedMillis;
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

  /** Returns the array itself, not a copy like Paho; nobody may change it. */
  @Override
  public byte[] getPayload() {
    return payload;
  }

  MqttConnection connection() {
    return connection;
  }

  String topic() {
    return topic;
  }

  int size() {
    return size;
  }

  /** The bytes of the whole message if only its beginning was kept; empty: it is whole. */
  OptionalLong cutFrom() {
    return cutFrom;
  }

  @Override
  public long receivedMillis() {
    return receivedMillis;
  }

  @Override
  public boolean comesAgain() {
    return connection.isLost();
  }

  @Override
  public void acknowledge() {
    connection.acknowledge(this);
  }

  /** True once the intake route has taken it; from then on its exchange decides its outcome. */
  boolean isTaken() {
    return taken;
  }

  void markTaken() {
    taken = true;
  }

  /** True once the route has acknowledged it; the PUBACK may still wait for earlier messages. */
  boolean isAcknowledged() {
    return acknowledged;
  }

  /** Releases the payload, which is not needed while the PUBACK waits. */
  void markAcknowledged() {
    acknowledged = true;
    payload = NO_PAYLOAD;
  }
}
