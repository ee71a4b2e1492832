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
 * Takes the place of the class of this name in Paho 1.2.5, which takes a packet of any size into
 * memory, up to 256 MB and three times, and whose thread dies of a packet that is none, with the
 * connection left open.
 *
 * <p>This one asks the stream below it for {@link Room} before it reads a message, copies it once
 * less, and keeps of one that is larger than a sixteenth of the JVM's memory the beginning: what is
 * cut off in its middle is no JSON, and the intake puts it aside. A packet that is none ends the
 * connection. Otherwise the same: a packet that is not there as a whole within the socket's
 * time-out is gone on with by the next call. Threads: one.
 */
public class MqttInputStream extends InputStream {
  private static final Logger LOG = LoggerFactory.getLogger(MqttInputStream.class);

  /** What a stream below may be too: it bounds what is read into memory. */
  public interface Room {
    /**
     * Waits a moment for room for a message.
     *
     * @param bytes its length behind the fixed header
     * @return false when there is none yet: it is asked again
     * @throws IOException when there will be none on this connection
     */
    boolean admits(int bytes) throws IOException;
  }

  /** Of a message that is too large; more than a topic can take, or another packet may have. */
  static final int KEPT_BYTES = 128 << 10;

  /** A message of which only the beginning is there. */
  public static final class CutMessage extends MqttMessage {
    private final long bytes;

    private CutMessage(MqttMessage beginning, long bytes) {
      super(beginning.getPayload());
      setQos(beginning.getQos());
      setDuplicate(beginning.isDuplicate());
      this.bytes = bytes;
    }

    /** Of the whole of it, with its topic. */
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

  /** Of the packet, without its fixed header; {@link #NONE}: between two packets. */
  private long length = NONE;

  /** What is kept of it; null: not admitted yet. */
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
   * The next packet; null when it is not there as a whole yet.
   *
   * @throws MqttException when it is none
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

  /** The header is small, and there as a whole or not at all. */
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
          "A message of {} bytes has no room in memory (limit {}): its beginning is kept",
          announced,
          largest);
    }
    length = announced;
  }

  private boolean admit() throws IOException {
    int kept = (int) (length > largest ? KEPT_BYTES : length);
    if (isMessage() && !room.admits(kept)) {
      // it is we who do not read: that the service is silent says nothing of it
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

  /** Tells Paho that bytes came; its state of a connection that is closed has no clock any more. */
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
