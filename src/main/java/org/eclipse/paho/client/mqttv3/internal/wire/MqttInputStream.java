package org.eclipse.paho.client.mqttv3.internal.wire;

import io.ensrelay.base.MemoryBudget;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.internal.ClientState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the class of this name in Paho 1.2.5. That one reads a packet of any size into memory,
 * up to 256 MB and three times, and a malformed packet ends its thread but leaves the connection
 * open.
 *
 * <p>This one asks the stream below it for {@link Room} before it reads a message, and makes one
 * copy less. Of a message larger than a sixteenth of the JVM's memory it keeps the beginning: a
 * message cut off is not JSON, so the intake makes it a dead letter. A malformed packet ends the
 * connection. Otherwise the same: after the socket's time-out the next call continues an incomplete
 * packet. Threads: one.
 */
public class MqttInputStream extends InputStream {
  private static final Logger LOG = LoggerFactory.getLogger(MqttInputStream.class);

  /** A stream below may implement this to limit the memory for messages. */
  public interface Room {
    /**
     * Waits a moment for room for a message.
     *
     * @param bytes its length after the fixed header
     * @return false if there is no room yet: the caller asks again
     * @throws IOException if there will be no room on this connection
     */
    boolean admits(int bytes) throws IOException;
  }

  /** Bytes kept of a message that is too large; longer than any topic or any other packet. */
  static final int KEPT_BYTES = 128 << 10;

  /** A message cut off after its beginning. */
  public static final class CutMessage extends MqttMessage {
    private final long bytes;

    private CutMessage(MqttMessage beginning, long bytes) {
      super(beginning.getPayload());
      setQos(beginning.getQos());
      setDuplicate(beginning.isDuplicate());
      this.bytes = bytes;
    }

    /** Returns the length of the whole message, with its topic. */
    public long bytes() {
      return bytes;
    }
  }

  private static final class CutPublish extends MqttPublish {
    private final CutMessage cut;

    CutPublish(byte flags, byte[] beginning, long bytes) throws MqttException, IOException {
      super(flags, beginning);
      cut = new CutMessage(super.getMessage(), bytes);
    }

    @Override
    public MqttMessage getMessage() {
      return cut;
    }
  }

  private static final int NONE = -1;

  private final ClientState state;
  private final DataInputStream in;
  private final long largest;

  private final Room room;
  private byte first;

  /** Length of the packet without its fixed header; {@link #NONE}: between two packets. */
  private long length = NONE;

  /** The part to keep; null: not admitted yet. */
  private byte[] packet;

  private int filled;
  private long surplus;

  public MqttInputStream(ClientState state, InputStream in) {
    this(state, in, MemoryBudget.OF_HEAP.message());
  }

  MqttInputStream(ClientState state, InputStream in, long largest) {
    this.state = state;
    this.in = new DataInputStream(in);
    room = in instanceof Room below ? below : bytes -> true;
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
   * Returns the next packet; null while it is incomplete.
   *
   * @throws MqttException if it is malformed
   */
  public MqttWireMessage readMqttWireMessage() throws IOException, MqttException {
    try {
      if (length == NONE) {
        begin();
      }
      if (packet == null && !admit()) {
        return null;
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
    long announced = length;
    packet = null;
    length = NONE;
    try {
      if (!isMessage()) {
        return packet(whole);
      }
      byte flags = (byte) (first & 0x0F);
      return announced > largest
          ? new CutPublish(flags, whole, announced)
          : new MqttPublish(flags, whole);
    } catch (RuntimeException | EOFException e) {
      throw new MqttException(MqttException.REASON_CODE_INVALID_MESSAGE, e);
    }
  }

  /** The fixed header is small: it arrives completely or not at all. */
  private void begin() throws IOException, MqttException {
    first = in.readByte();
    told(1);
    int type = (first >>> 4) & 0x0F;
    long announced = MqttWireMessage.readMBI(in).getValue();
    if (type < MqttWireMessage.MESSAGE_TYPE_CONNECT
        || type > MqttWireMessage.MESSAGE_TYPE_DISCONNECT
        || (announced > KEPT_BYTES && !isMessage())) {
      throw new MqttException(MqttException.REASON_CODE_INVALID_MESSAGE);
    }
    if (announced > largest) {
      LOG.warn(
          "A message of {} bytes is too large for memory (limit {}): only its beginning is kept",
          announced,
          largest);
    }
    length = announced;
  }

  private boolean admit() throws IOException {
    int kept = (int) (length > largest ? KEPT_BYTES : length);
    if (isMessage() && !room.admits(kept)) {
      // reports activity: the relay does not read, so the silence is not the service's
      told(1);
      return false;
    }
    packet = new byte[kept];
    filled = 0;
    surplus = length - kept;
    return true;
  }

  private boolean isMessage() {
    return ((first >>> 4) & 0x0F) == MqttWireMessage.MESSAGE_TYPE_PUBLISH;
  }

  private MqttWireMessage packet(byte[] body) throws MqttException {
    byte[] encoded = MqttWireMessage.encodeMBI(body.length);
    byte[] whole = Arrays.copyOf(new byte[] {first}, 1 + encoded.length + body.length);
    System.arraycopy(encoded, 0, whole, 1, encoded.length);
    System.arraycopy(body, 0, whole, 1 + encoded.length, body.length);
    return MqttWireMessage.createWireMessage(whole);
  }

  /** Reports received bytes to Paho, whose state has no clock after a connection is closed. */
  private void told(int count) throws EOFException {
    try {
      state.notifyReceivedBytes(count);
    } catch (NullPointerException e) {
      throw new EOFException("the connection was closed meanwhile");
    }
  }

  private int received(int count) throws IOException {
    if (count < 0) {
      throw new EOFException();
    }
    told(count);
    return count;
  }
}
