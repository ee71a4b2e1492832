package org.eclipse.paho.client.mqttv3.internal.wire;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.internal.ClientState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the place of the class of this name in Paho 1.2.5, which takes a packet of any size into
 * memory, up to 256 MB and three times, and whose thread dies of a packet that is none, with the
 * connection left open.
 *
 * <p>Of a message that is larger than a sixteenth of the JVM's memory this one keeps the beginning:
 * what is cut off in its middle is no JSON, and the intake puts it aside. A packet that is none
 * ends the connection. Otherwise the same: a packet that is not there as a whole within the
 * socket's time-out is gone on with by the next call. Threads: one.
 */
public class MqttInputStream extends InputStream {
  private static final Logger LOG = LoggerFactory.getLogger(MqttInputStream.class);

  /** Of a message that is too large; more than a topic can take. */
  static final int KEPT_BYTES = 128 << 10;

  private final ClientState state;
  private final DataInputStream in;
  private final long largest;

  /** With its header; null: between two packets. */
  private byte[] packet;

  private int filled;
  private long surplus;

  public MqttInputStream(ClientState state, InputStream in) {
    this(state, in, Runtime.getRuntime().maxMemory() / 16);
  }

  MqttInputStream(ClientState state, InputStream in, long largest) {
    this.state = state;
    this.in = new DataInputStream(in);
    this.largest = Math.max(KEPT_BYTES, largest);
  }

  @Override
  public int read() throws IOException {
    return in.read();
  }

  @Override
  public int available() throws IOException {
    return in.available();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /**
   * The next packet; null when it is not there as a whole yet.
   *
   * @throws MqttException when it is none
   */
  public MqttWireMessage readMqttWireMessage() throws IOException, MqttException {
    try {
      if (packet == null) {
        begin();
      }
      while (filled < packet.length) {
        filled += received(in.read(packet, filled, packet.length - filled));
      }
      byte[] rest = new byte[(int) Math.min(surplus, KEPT_BYTES)];
      while (surplus > 0) {
        surplus -= received(in.read(rest, 0, (int) Math.min(surplus, rest.length)));
      }
    } catch (SocketTimeoutException e) {
      return null;
    }
    byte[] whole = packet;
    packet = null;
    try {
      return MqttWireMessage.createWireMessage(whole);
    } catch (RuntimeException e) {
      throw new MqttException(MqttException.REASON_CODE_INVALID_MESSAGE, e);
    }
  }

  /** The header is small, and there as a whole or not at all. */
  private void begin() throws IOException, MqttException {
    byte first = in.readByte();
    state.notifyReceivedBytes(1);
    int type = (first >>> 4) & 0x0F;
    long length = MqttWireMessage.readMBI(in).getValue();
    boolean tooLarge = length > largest;
    if (type < MqttWireMessage.MESSAGE_TYPE_CONNECT
        || type > MqttWireMessage.MESSAGE_TYPE_DISCONNECT
        || (tooLarge && type != MqttWireMessage.MESSAGE_TYPE_PUBLISH)) {
      throw new MqttException(MqttException.REASON_CODE_INVALID_MESSAGE);
    }
    if (tooLarge) {
      LOG.warn(
          "A message of {} bytes has no room in memory (limit {}): its beginning is kept",
          length,
          largest);
    }
    int kept = (int) (tooLarge ? KEPT_BYTES : length);
    byte[] encoded = MqttWireMessage.encodeMBI(kept);
    packet = Arrays.copyOf(new byte[] {first}, 1 + encoded.length + kept);
    System.arraycopy(encoded, 0, packet, 1, encoded.length);
    filled = 1 + encoded.length;
    surplus = length - kept;
  }

  private int received(int count) throws IOException {
    if (count < 0) {
      throw new EOFException();
    }
    state.notifyReceivedBytes(count);
    return count;
  }
}
