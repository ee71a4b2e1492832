package io.ensrelay.spool.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * A destination's commit for a partition: the offset is the lowest unconfirmed one, and the
 * metadata has the rest, within Kafka's limit of 4096 bytes.
 *
 * @param confirmed the confirmed offsets
 * @param replayed offsets confirmed before a rewind: their events are delivered again, marked as
 *     replay
 * @param move number of the last move made
 */
record Committed(Progress confirmed, Progress replayed, long move) {
  private static final String VERSION = "1";
  private static final int LONGEST_CONFIRMED = 2800;
  private static final int LONGEST_REPLAYED = 1100;

  static Committed at(long offset, long move) {
    return new Committed(Progress.at(offset), Progress.at(0), move);
  }

  OffsetAndMetadata kafka() {
    StringBuilder text = new StringBuilder("v=" + VERSION + ";m=" + move);
    if (!confirmed.beyond().isEmpty()) {
      text.append(";c=").append(confirmed.text(LONGEST_CONFIRMED));
    }
    if (replayed.high() > confirmed.low()) {
      text.append(";r=").append(replayed.low());
      text.append(";s=").append(replayed.text(LONGEST_REPLAYED));
    }
    return new OffsetAndMetadata(confirmed.low(), text.toString());
  }

  /** Ignores metadata of other programs, such as Kafka's tools for a reset. */
  static Committed of(OffsetAndMetadata kafka) {
    Map<String, String> values = new HashMap<>();
    for (String each : kafka.metadata().split(";")) {
      int equals = each.indexOf('=');
      if (equals > 0) {
        values.put(each.substring(0, equals), each.substring(equals + 1));
      }
    }
    if (VERSION.equals(values.get("v"))) {
      try {
        return new Committed(
            Progress.of(kafka.offset(), values.getOrDefault("c", "")),
            Progress.of(
                Long.parseLong(values.getOrDefault("r", "0")), values.getOrDefault("s", "")),
            Long.parseLong(values.getOrDefault("m", "0")));
      } catch (NumberFormatException e) {
        // repeats some events, and loses none
      }
    }
    return at(kafka.offset(), 0);
  }

  /** After a move of the destination. */
  Committed after(Move move, int partition) {
    if (move.number() <= this.move) {
      return this;
    }
    Long to = move.offsets().get(partition);
    if (to == null) {
      return new Committed(confirmed, replayed, move.number());
    }
    return move.back()
        ? new Committed(confirmed.and(to), replayed.or(confirmed), move.number())
        : new Committed(confirmed.or(to), replayed, move.number());
  }
}
