package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.StoredEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * An event as a Kafka record that any consumer can read: the key is the device, else the event's
 * id; the value is the CloudEvent; the attributes are text headers of the same names; the timestamp
 * is the time of receipt. Headers that begin with {@code ens-} are the relay's.
 */
final class EventRecord {
  /** Names the attributes that are not texts: {@code l} a Long, {@code b} a Boolean. */
  private static final String TYPES = "ens-types";

  private static final String RECEIVED = "ens-received";
  private static final String DESTINATION = "ens-destination";
  private static final String CONTENT_TYPE = "content-type";
  private static final String CLOUD_EVENT = "application/cloudevents+json; charset=UTF-8";

  private EventRecord() {}

  static ProducerRecord<byte[], byte[]> of(String topic, LogEntry entry) {
    Object key = entry.attributes().getOrDefault("deviceId", entry.attributes().get("eventId"));
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic,
            null,
            Math.max(0, entry.received()),
            Utf8.bytes(String.valueOf(key)),
            entry.body());
    StringJoiner types = new StringJoiner(",");
    entry
        .attributes()
        .forEach(
            (name, value) -> {
              record.headers().add(name, Utf8.bytes(value.toString()));
              if (value instanceof Long) {
                types.add(name + ":l");
              } else if (value instanceof Boolean) {
                types.add(name + ":b");
              }
            });
    record.headers().add(CONTENT_TYPE, Utf8.bytes(CLOUD_EVENT));
    record.headers().add(RECEIVED, Utf8.bytes(Long.toString(entry.received())));
    record.headers().add(TYPES, Utf8.bytes(types.toString()));
    entry.destination().ifPresent(name -> record.headers().add(DESTINATION, Utf8.bytes(name)));
    return record;
  }

  /** A record of another program becomes an event without attributes. */
  static StoredEvent event(ConsumerRecord<byte[], byte[]> record) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    String types = text(record, TYPES).map(all -> "," + all + ",").orElse("");
    for (Header header : record.headers()) {
      String name = header.key();
      if (!name.startsWith("ens-") && !name.equals(CONTENT_TYPE) && header.value() != null) {
        attributes.put(name, value(Utf8.text(header.value()), name, types));
      }
    }
    LogEntry entry =
        new LogEntry(
            text(record, RECEIVED)
                .filter(EventRecord::isNumber)
                .map(Long::valueOf)
                .orElse(record.timestamp()),
            attributes,
            record.value() == null ? new byte[0] : record.value(),
            // an entry for all destinations would need an id
            Optional.of(""));
    return new StoredEvent(
        record.offset(),
        entry.key(),
        entry.received(),
        attributes,
        entry.body(),
        text(record, DESTINATION),
        false);
  }

  private static Object value(String text, String name, String types) {
    if (types.contains("," + name + ":l,") && isNumber(text)) {
      return Long.valueOf(text);
    }
    return types.contains("," + name + ":b,") ? Boolean.valueOf(text) : text;
  }

  private static boolean isNumber(String text) {
    return text.matches("-?\\d{1,18}");
  }

  static Optional<String> text(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? Optional.empty()
        : Optional.of(Utf8.text(header.value()));
  }
}
