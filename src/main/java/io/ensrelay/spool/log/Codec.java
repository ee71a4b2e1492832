package io.ensrelay.spool.log;

import io.ensrelay.event.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Encodes and decodes events in the format of the package description. Threads: one per object. */
final class Codec {
  /** Bytes of the length and the checksum. */
  static final int HEAD = 8;

  /** Least bytes of an event after length and checksum. */
  static final int LEAST = 8 + 8 + 4 + 1 + 4;

  private static final int NUMBER = HEAD;
  private static final int RECEIVED = NUMBER + 8;
  private static final int KEY = RECEIVED + 8;
  private static final int DESTINATION = KEY + 4;

  private static final int NAMED = 0xff;
  private static final byte TEXT = 0;
  private static final byte NUMERAL = 1;
  private static final byte FALSE = 2;
  private static final byte TRUE = 3;
  private static final int USUAL_BYTES = 1 << 20;

  /** Attributes with a code; the format writes out the names of all others. */
  private static final int CODED = 9;

  private static final String[] NAMES = Event.ATTRIBUTES.subList(0, CODED).toArray(String[]::new);

  private final CRC32C checksum = new CRC32C();
  private ByteBuffer out = ByteBuffer.allocate(0);

  /** Empties the buffer; replaces one that had to be very large. */
  void clear() {
    if (out.capacity() > 4 * USUAL_BYTES) {
      out = ByteBuffer.allocate(USUAL_BYTES);
    }
    out.clear();
  }

  byte[] bytes() {
    return out.array();
  }

  int length() {
    return out.position();
  }

  /** Appends an event to the buffer. */
  void encode(LogEntry entry, long number) {
    int start = out.position();
    room(HEAD + LEAST);
    out.position(start + NUMBER);
    out.putLong(number).putLong(entry.received()).putInt(entry.key());
    byte[] destination =
        entry.destination().map(d -> d.getBytes(StandardCharsets.UTF_8)).orElse(new byte[0]);
    if (destination.length > 255) {
      throw new IllegalArgumentException("the name of a destination is too long");
    }
    room(1 + destination.length + 4);
    out.put((byte) destination.length).put(destination);
    int attributes = out.position();
    out.putInt(0);
    entry.attributes().forEach(this::attribute);
    out.putInt(attributes, out.position() - attributes - 4);
    room(entry.body().length);
    out.put(entry.body());
    out.putInt(start, out.position() - start - HEAD);
    checksum.reset();
    checksum.update(out.array(), start + HEAD, out.position() - start - HEAD);
    out.putInt(start + 4, (int) checksum.getValue());
  }

  private void attribute(String name, Object value) {
    room(2);
    int code = code(name);
    out.put((byte) code);
    if (code == NAMED) {
      text(name);
    }
    if (value instanceof String text) {
      room(1);
      out.put(TEXT);
      text(text);
    } else if (value instanceof Long numeral) {
      room(9);
      out.put(NUMERAL).putLong(numeral);
    } else if (value instanceof Boolean flag) {
      room(1);
      out.put(flag ? TRUE : FALSE);
    } else {
      throw new IllegalArgumentException(name + " is no String, Long or Boolean");
    }
  }

  private static int code(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return i;
      }
    }
    return NAMED;
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    room(4 + bytes.length);
    out.putInt(bytes.length).put(bytes);
  }

  private void room(int bytes) {
    if (out.remaining() < bytes) {
      long wanted = Math.max(2L * out.capacity(), (long) out.position() + bytes);
      out =
          ByteBuffer.allocate((int) Math.min(Integer.MAX_VALUE - 16, wanted))
              .put(out.array(), 0, out.position());
    }
  }

  /**
   * Whether a whole event begins here: length and number are plausible, the checksum is correct.
   *
   * @param available number of bytes from here to the end
   * @param least lowest plausible number
   * @param limit plausible numbers are below this
   */
  boolean isWhole(ByteBuffer in, int at, long available, long least, long limit) {
    if (!isLikely(in, at, available, least, limit)) {
      return false;
    }
    int length = in.getInt(at);
    checksum.reset();
    checksum.update(in.array(), at + HEAD, length);
    return (int) checksum.getValue() == in.getInt(at + 4);
  }

  /** The same without the checksum; the buffer needs to hold the head only. */
  static boolean isLikely(ByteBuffer in, int at, long available, long least, long limit) {
    if (available < HEAD + LEAST) {
      return false;
    }
    int length = in.getInt(at);
    long number = in.getLong(at + NUMBER);
    return length >= LEAST && length <= available - HEAD && number >= least && number < limit;
  }

  static int length(ByteBuffer in, int at) {
    return HEAD + in.getInt(at);
  }

  static long number(ByteBuffer in, int at) {
    return in.getLong(at + NUMBER);
  }

  static long received(ByteBuffer in, int at) {
    return in.getLong(at + RECEIVED);
  }

  static int key(ByteBuffer in, int at) {
    return in.getInt(at + KEY);
  }

  static Optional<String> destination(ByteBuffer in, int at) {
    int length = in.get(at + DESTINATION) & 0xff;
    return length == 0
        ? Optional.empty()
        : Optional.of(new String(in.array(), at + DESTINATION + 1, length, StandardCharsets.UTF_8));
  }

  private static int attributesAt(ByteBuffer in, int at) {
    return at + DESTINATION + 1 + (in.get(at + DESTINATION) & 0xff);
  }

  static Map<String, Object> attributes(ByteBuffer in, int at) {
    Map<String, Object> attributes = new LinkedHashMap<>(16);
    int from = attributesAt(in, at) + 4;
    int end = from + in.getInt(from - 4);
    ByteBuffer each = in.duplicate().limit(end).position(from);
    while (each.hasRemaining()) {
      int code = each.get() & 0xff;
      String name = code == NAMED ? text(each) : NAMES[code];
      byte kind = each.get();
      attributes.put(
          name, kind == TEXT ? text(each) : kind == NUMERAL ? each.getLong() : kind == TRUE);
    }
    return attributes;
  }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    return text;
  }

  static byte[] body(ByteBuffer in, int at) {
    int attributes = attributesAt(in, at);
    int from = attributes + 4 + in.getInt(attributes);
    return Arrays.copyOfRange(in.array(), from, at + length(in, at));
  }
}
