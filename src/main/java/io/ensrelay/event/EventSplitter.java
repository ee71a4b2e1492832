package io.ensrelay.event;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.ensrelay.event.MessageParser.DeviceSpan;
import io.ensrelay.event.MessageParser.Span;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Creates the events of one message of the service: one for each element of {@code devices}, or one
 * without a device if there is none. {@code data} is the service's message, byte for byte, with
 * {@code "devices":[...]} replaced by {@code "device":...}. A message with line breaks also loses
 * the white space between its values.
 *
 * <p>The id is the first 128 bits of SHA-256 over tenant, 0, topic, 0, payload, 0 and the device's
 * index (decimal, from 0): the same message gives the same ids on any machine. Order: that of the
 * array. Threads: stateless.
 */
public final class EventSplitter {
  private static final DateTimeFormatter MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  /** 10000-01-01: RFC 3339, which CloudEvents requires, has four digits for the year. */
  private static final long END_OF_TIME = 253402300800000L;

  /** Approximate bytes of an event without its data. */
  private static final int HEAD_BYTES = 320;

  /** Approximate length of the longer part of an {@link Envelope}. */
  private static final int ENVELOPE_CHARS = 120;

  /** Limits the events of one message: each has its own copy of the common part. */
  private static final long MAX_EVENTS_BYTES = 256L << 20;

  private static final byte[] NO_BYTES = {};
  private static final Span NOWHERE = new Span(0, 0);
  private static final byte[] BEFORE_ID = ascii("{\"specversion\":\"1.0\",\"id\":\"");
  private static final byte[] NAME_OF_SUBJECT = ascii(",\"subject\":");
  private static final byte[] NAME_OF_DEVICE = ascii("\"device\":");

  /**
   * The parts that all events of a message share: from the id to the subject, and on to the data.
   */
  private record Envelope(byte[] beforeSubject, byte[] beforeData) {}

  private final MessageParser parser = new MessageParser();
  private final String tenant;

  /** Already contains the tenant; cloned for each message. */
  private final MessageDigest digest;

  public EventSplitter(String tenant) {
    this.tenant = tenant;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    digest.update(tenant.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  /**
   * @param topic the MQTT topic the message came on
   * @param key the metadata key of that topic; null: unknown
   * @param payload the message's unchanged bytes
   * @return one event or more; each is created on access, so that the events of a message with many
   *     devices need not be in memory together
   * @throws MalformedMessageException if the message is not one JSON object, has more than 100,000
   *     devices, or its events would be larger than about 256 MB together
   */
  public List<Event> split(String topic, String key, byte[] payload)
      throws MalformedMessageException {
    String text = new String(payload, StandardCharsets.UTF_8);
    MessageParser.Message message = parser.parse(payload, text);
    boolean severalLines = text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    MessageDigest digest = digest(topic, payload);
    long time =
        message
            .timestamp()
            .filter(t -> t >= 0 && t < END_OF_TIME)
            .orElseGet(System::currentTimeMillis);
    String type = message.eventType().orElseGet(() -> typeOf(topic));
    Envelope envelope = envelope(type, time);
    if (message.devicesMember().isEmpty()) {
      String id = id(digest, 0);
      ByteBuffer json = head(envelope, id, NO_BYTES, NOWHERE, message.object().length());
      copy(payload, severalLines, message.object(), json);
      return List.of(event(id, type, key, Event.Device.NONE, time, json));
    }
    Span member = message.devicesMember().get();
    Span before = new Span(message.object().from(), member.from());
    Span after = new Span(member.to(), message.object().to());
    long common = HEAD_BYTES + before.length() + after.length();
    if (message.devices().size() * common + payload.length > MAX_EVENTS_BYTES) {
      throw new MalformedMessageException(
          "its events would be larger than " + (MAX_EVENTS_BYTES >> 20) + " MB together");
    }
    return new AbstractList<>() {
      @Override
      public Event get(int place) {
        DeviceSpan device = message.devices().get(place);
        String id = id(digest, place);
        int length =
            before.length() + NAME_OF_DEVICE.length + device.bytes().length() + after.length();
        ByteBuffer json = head(envelope, id, payload, device.subject().orElse(NOWHERE), length);
        copy(payload, severalLines, before, json);
        json.put(NAME_OF_DEVICE);
        copy(payload, severalLines, device.bytes(), json);
        copy(payload, severalLines, after, json);
        return event(id, type, key, device.device(), time, json);
      }

      @Override
      public int size() {
        return message.devices().size();
      }
    };
  }

  /** The event that reports a gap; the same gap has the same id. */
  public Event event(Gap gap) {
    String data =
        """
        {"from":"%s","to":"%s","retentionPeriodMinutes":%s,"reason":"%s"}"""
            .formatted(
                MILLISECONDS.format(gap.from()),
                MILLISECONDS.format(gap.to()),
                gap.retentionMinutes(),
                gap.reason());
    byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
    return event(Event.GAP, bytes, gap.to(), bytes);
  }

  /**
   * An event of the relay's own.
   *
   * @param name with the type makes its id: the same name again gives the same id
   * @param data a JSON object on one line
   */
  public Event event(String type, byte[] name, Instant time, byte[] data) {
    String id = id(digest(type, name), 0);
    long millis = time.toEpochMilli();
    ByteBuffer json = head(envelope(type, millis), id, NO_BYTES, NOWHERE, data.length);
    json.put(data);
    return event(id, type, null, Event.Device.NONE, millis, json);
  }

  private Envelope envelope(String type, long time) {
    StringBuilder text = new StringBuilder(ENVELOPE_CHARS);
    text.append("\",\"source\":\"/ens/").append(tenant).append("\",\"type\":\"");
    JsonStringEncoder.getInstance().quoteAsString(type, text);
    byte[] beforeSubject = text.append('"').toString().getBytes(StandardCharsets.UTF_8);
    text.setLength(0);
    text.append(",\"time\":\"");
    MILLISECONDS.formatTo(Instant.ofEpochMilli(time), text);
    text.append("\",\"datacontenttype\":\"application/json\",\"data\":");
    return new Envelope(beforeSubject, ascii(text.toString()));
  }

  /**
   * The CloudEvent up to its data, with room for the data and the closing brace.
   *
   * @param subject range of the subject's JSON text in the payload; {@link #NOWHERE}: none
   */
  private static ByteBuffer head(
      Envelope envelope, String id, byte[] payload, Span subject, int dataLength) {
    int subjectLength = subject == NOWHERE ? 0 : NAME_OF_SUBJECT.length + subject.length();
    ByteBuffer json =
        ByteBuffer.allocate(
            BEFORE_ID.length
                + id.length()
                + envelope.beforeSubject().length
                + subjectLength
                + envelope.beforeData().length
                + dataLength
                + 1);
    json.put(BEFORE_ID).put(ascii(id)).put(envelope.beforeSubject());
    if (subject != NOWHERE) {
      json.put(NAME_OF_SUBJECT).put(payload, subject.from(), subject.length());
    }
    return json.put(envelope.beforeData());
  }

  private Event event(
      String id, String type, String key, Event.Device device, long time, ByteBuffer json) {
    json.put((byte) '}');
    byte[] bytes = json.array();
    // shorter if white space was removed
    byte[] exact = json.hasRemaining() ? Arrays.copyOf(bytes, json.position()) : bytes;
    return new Event(id, type, Optional.ofNullable(key), tenant, device, time, exact);
  }

  /** {@code <uuid>/device/app_inventory} and {@code device/app_inventory}: device.app_inventory. */
  private static String typeOf(String topic) {
    String[] levels = topic.split("/");
    int from = Math.max(0, levels.length - 2);
    String type = String.join(".", List.of(levels).subList(from, levels.length));
    return type.isEmpty() ? "unknown" : type;
  }

  private MessageDigest digest(String topic, byte[] payload) {
    MessageDigest message = copyOf(digest);
    message.update(topic.getBytes(StandardCharsets.UTF_8));
    message.update((byte) 0);
    message.update(payload);
    message.update((byte) 0);
    return message;
  }

  private static String id(MessageDigest message, int place) {
    byte[] hash = copyOf(message).digest(ascii(Integer.toString(place)));
    return HexFormat.of().formatHex(hash, 0, 16);
  }

  private static MessageDigest copyOf(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("Java's SHA-256 can be cloned", e);
    }
  }

  /**
   * Copies JSON text; removes the white space between the values of a text of several lines,
   * because an event is one line.
   */
  private static void copy(byte[] json, boolean severalLines, Span span, ByteBuffer out) {
    if (!severalLines) {
      out.put(json, span.from(), span.length());
      return;
    }
    boolean inText = false;
    int start = span.from();
    for (int i = span.from(); i < span.to(); i++) {
      byte b = json[i];
      if (inText) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          inText = false;
        }
      } else if (b == '"') {
        inText = true;
      } else if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
        out.put(json, start, i - start);
        start = i + 1;
      }
    }
    out.put(json, start, span.to() - start);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
