package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** What is sent again when a receiver accepted only some events of a batch. */
class BatchOrderTest {
  private final List<List<String>> calls = new CopyOnWriteArrayList<>();
  private final TestReports reports = new TestReports("test");

  @Test
  void sendsAgainWhatWasAcceptedBehindAFailedEventOfItsDevice() throws Exception {
    send(List.of("a1", "b1", "a2", "b2"), "a1", new IOException("away"));

    assertEquals(List.of(List.of("a1", "b1", "a2", "b2"), List.of("a1", "a2")), calls);
    assertEquals(List.of("b1", "b2", "a1", "a2"), reports.delivered);
    assertEquals(List.of(), reports.kept);
  }

  @Test
  void doesNotSendAgainWhatWasAcceptedBehindADeadLetter() throws Exception {
    send(List.of("a1", "a2"), "a1", new CharacterException());

    assertEquals(List.of(List.of("a1", "a2")), calls);
    assertEquals(List.of("a2"), reports.delivered);
    assertEquals(List.of("a1: odd"), reports.kept);
  }

  private static final class CharacterException extends Exception {
    private static final long serialVersionUID = 1;

    CharacterException() {
      super("odd");
    }
  }

  /** The first call accepts all but one. */
  private void send(List<String> events, String bad, Exception failure) throws Exception {
    FailureRules rules = new FailureRules();
    rules.setPasses("java.io.IOException");
    rules.setWrong(CharacterException.class.getName());
    RetryPause soon = new RetryPause();
    soon.setFirst(Duration.ofMillis(1));
    BatchSender sender =
        new BatchSender(
            items -> {
              List<String> ids =
                  items.stream().map(item -> (String) item.attributes().get("eventId")).toList();
              calls.add(ids);
              List<Optional<Exception>> outcomes = new ArrayList<>();
              ids.forEach(
                  id ->
                      outcomes.add(
                          calls.size() == 1 && id.equals(bad)
                              ? Optional.of(failure)
                              : Optional.empty()));
              return outcomes;
            },
            100,
            1000,
            Duration.ZERO,
            false);
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.getRegistry().bind("ensFailures", rules);
      camel.getRegistry().bind("ensRetry", soon);
      Batch batch = new Batch();
      for (String id : events) {
        StoredEvent event =
            new StoredEvent(
                0,
                0,
                0,
                Map.of("eventId", id, "deviceId", id.substring(0, 1)),
                new byte[0],
                Optional.empty(),
                false);
        Exchange exchange = new DefaultExchange(camel);
        new Delivery(reports, event, batch, 0, Delivery.NO_MARK).fill(exchange);
        sender.collect(exchange, id, 1);
      }
      batch.run();
    }
  }
}
