package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.Damage;
import io.ensrelay.spool.log.LogView;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A look at the event log on Kafka: each partition is shown as a file. Each call connects anew.
 * Threads: safe.
 */
public final class KafkaView implements LogView {
  private final KafkaAccess access;

  /** A question to the cluster. */
  private interface Question<T> {
    T ask(Offsets offsets) throws IOException;
  }

  public KafkaView(KafkaAccess access) {
    this.access = access;
  }

  private <T> T asked(Question<T> question) throws IOException {
    try (Offsets offsets = new Offsets(access)) {
      // a look does not create a topic
      offsets.description();
      return question.ask(offsets);
    }
  }

  @Override
  public Content content() throws IOException {
    return asked(this::content);
  }

  private Content content(Offsets offsets) throws IOException {
    SortedMap<Integer, Long> first = offsets.first();
    SortedMap<Integer, Long> end = offsets.end();
    Map<Integer, Long> bytes = offsets.bytes();
    Map<Integer, Instant> oldest = received(first, end);
    Map<Integer, Long> last = new HashMap<>();
    end.forEach((partition, next) -> last.put(partition, Math.max(first.get(partition), next - 1)));
    Map<Integer, Instant> newest = received(last, end);
    List<SegmentSummary> partitions = new ArrayList<>();
    end.forEach(
        (partition, next) ->
            partitions.add(
                new SegmentSummary(
                    access.settings().topic() + "-" + partition,
                    first.get(partition),
                    next - first.get(partition),
                    bytes.getOrDefault(partition, 0L),
                    Optional.ofNullable(oldest.get(partition)),
                    Optional.ofNullable(newest.get(partition)))));
    return new Content(
        partitions, end.values().stream().mapToLong(each -> each).sum(), 0, destinations(offsets));
  }

  /** Times of receipt of the events at offsets. */
  private Map<Integer, Instant> received(Map<Integer, Long> from, Map<Integer, Long> end)
      throws IOException {
    Map<Integer, Instant> found = new HashMap<>();
    new Tail(access)
        .read(
            from,
            end,
            (partition, event) -> {
              found.put(partition, Instant.ofEpochMilli(event.received()));
              return false;
            });
    return found;
  }

  private List<Destination> destinations(Offsets offsets) throws IOException {
    List<Destination> all = new ArrayList<>();
    try (StateTopic state = StateTopic.open(access, access.settings().stateTopic())) {
      Positions positions = new Positions(state, offsets, access.machine());
      Lag lag = new Lag(access, offsets);
      for (String name : positions.destinations()) {
        SortedMap<Integer, Committed> at = positions.committed(name);
        all.add(
            new Destination(
                name,
                at.values().stream().mapToLong(each -> each.confirmed().low()).sum(),
                lag.events(at),
                lag.oldest(name, at, Map.of()),
                positions.isPaused(name)));
      }
    }
    return all;
  }

  /** {@inheritDoc} In the order of their receipt; those of a device in the order of the log. */
  @Override
  public void events(Wanted wanted, Predicate<StoredEvent> sink) throws IOException {
    asked(
        offsets -> {
          SortedMap<Integer, Long> from =
              wanted.from().isPresent()
                  ? offsets.at(wanted.from().get().toEpochMilli())
                  : offsets.first();
          new MergedRead(access)
              .read(
                  from,
                  offsets.end(),
                  event -> {
                    Instant received = Instant.ofEpochMilli(event.received());
                    if (wanted.until().filter(until -> !received.isBefore(until)).isPresent()) {
                      return false;
                    }
                    boolean isOurs =
                        event.destination().isEmpty()
                            && wanted.attributes().test(event.attributes());
                    return !isOurs || sink.test(event);
                  });
          return true;
        });
  }

  @Override
  public Verified verify(Consumer<Damage> damaged) throws IOException {
    throw new IOException(
        "the events are on Kafka, which verifies its files itself: look at its brokers, or use"
            + " kafka-dump-log.sh there");
  }
}
