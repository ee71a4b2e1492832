package org.eclipse.paho.client.mqttv3.internal.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mock;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.internal.ClientState;
import org.junit.jupiter.api.Test;

class MqttInputStreamTest {
  private static final int LARGEST = 200_000;

  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();

  @Test
  void readsPacketsOneAfterTheOther() throws Exception {
    publish(1, "a", payload(7));
    publish(2, "b/c", payload(LARGEST - 7));
    publish(3, "d", payload(0));
    MqttInputStream in = in(new ByteArrayInputStream(wire.toByteArray()));

    assertMessage(in.readMqttWireMessage(), 1, "a", payload(7));
    assertMessage(in.readMqttWireMessage(), 2, "b/c", payload(LARGEST - 7));
    assertMessage(in.readMqttWireMessage(), 3, "d", payload(0));
    assertThrows(EOFException.class, in::readMqttWireMessage);
  }

  @Test
  void keepsTheBeginningOfAMessageThatIsTooLargeAndGoesOnBehindIt() throws Exception {
    publish(1, "a", payload(3 << 20));
    publish(2, "b", payload(7));
    MqttInputStream in = in(new ByteArrayInputStream(wire.toByteArray()));

    byte[] kept = Arrays.copyOf(payload(3 << 20), MqttInputStream.KEPT_BYTES - 5);
    MqttWireMessage cut = in.readMqttWireMessage();
    assertMessage(cut, 1, "a", kept);
    MqttMessage said = ((MqttPublish) cut).getMessage();
    assertEquals(1, said.getQos());
    assertEquals((3 << 20) + 5, ((MqttInputStream.CutMessage) said).bytes());
    assertMessage(in.readMqttWireMessage(), 2, "b", payload(7));
  }

  @Test
  void goesOnWithAPacketAfterATimeOut() throws Exception {
    publish(1, "a", payload(1000));
    publish(2, "b", payload(3 << 20));
    publish(3, "c", payload(7));
    MqttInputStream in = in(new InPieces(wire.toByteArray()));

    assertMessage(next(in), 1, "a", payload(1000));
    assertEquals(2, ((MqttPublish) next(in)).getMessageId());
    assertMessage(next(in), 3, "c", payload(7));
  }

  /** A state without its clock is what Paho leaves of a connection that it has closed. */
  @Test
  void endsWhenTheConnectionIsClosedMeanwhile() throws Exception {
    publish(1, "a", payload(7));
    ClientState closed = mock(ClientState.class, CALLS_REAL_METHODS);
    MqttInputStream in =
        new MqttInputStream(closed, new ByteArrayInputStream(wire.toByteArray()), LARGEST);

    assertThrows(EOFException.class, in::readMqttWireMessage);
  }

  @Test
  void refusesWhatIsNoPacketByAnErrorThatEndsTheConnection() {
    for (byte[] bytes :
        new byte[][] {
          // no such type, QoS 3, a SUBACK of a megabyte, a topic with a control character
          {0x00, 0x00},
          {0x36, 0x05, 0, 1, 'a', 0, 1},
          {(byte) 0x90, (byte) 0x80, (byte) 0x80, 0x40, 0, 1},
          {0x32, 0x05, 0, 1, 7, 0, 1}
        }) {
      MqttInputStream in = in(new ByteArrayInputStream(bytes));
      assertThrows(MqttException.class, in::readMqttWireMessage, Arrays.toString(bytes));
    }
  }

  private static MqttInputStream in(InputStream wire) {
    return new MqttInputStream(mock(ClientState.class), wire, LARGEST);
  }

  private static MqttWireMessage next(MqttInputStream in) throws Exception {
    MqttWireMessage message = null;
    while (message == null) {
      message = in.readMqttWireMessage();
    }
    return message;
  }

  private void publish(int id, String topic, byte[] payload) throws IOException {
    int length = 2 + topic.length() + 2 + payload.length;
    wire.write(0x32);
    wire.write(MqttWireMessage.encodeMBI(length));
    wire.write(new byte[] {0, (byte) topic.length()});
    wire.write(topic.getBytes());
    wire.write(new byte[] {0, (byte) id});
    wire.write(payload);
  }

  private static byte[] payload(int length) {
    byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = (byte) (i * 31);
    }
    return payload;
  }

  private static void assertMessage(MqttWireMessage message, int id, String topic, byte[] payload) {
    MqttPublish publish = assertInstanceOf(MqttPublish.class, message);
    assertEquals(id, publish.getMessageId());
    assertEquals(topic, publish.getTopicName());
    assertArrayEquals(payload, publish.getMessage().getPayload());
  }

  /** A time-out between any two reads of a block, and now and then in it. */
  private static final class InPieces extends InputStream {
    private final byte[] bytes;
    private int at;
    private int calls;

    InPieces(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      return bytes[at++] & 0xFF;
    }

    @Override
    public int read(byte[] block, int from, int length) throws IOException {
      if (++calls % 2 == 0) {
        throw new SocketTimeoutException();
      }
      int count = Math.min(length, Math.min(bytes.length - at, 100_003));
      System.arraycopy(bytes, at, block, from, count);
      at += count;
      return count;
    }
  }
}
