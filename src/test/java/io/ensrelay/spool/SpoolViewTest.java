package io.ensrelay.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.jms.Connection;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A spool with the subscriptions {@code siem} and {@code hr.export}, which nobody reads. */
class SpoolViewTest {
  @TempDir Path data;
  private Spool spool;
  private SpoolView view;

  @BeforeEach
  void open() throws Exception {
    spool = new Spool(data, Optional.empty(), 1000);
    view = new SpoolView(spool);
    try (Connection connection = spool.connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE)) {
      for (String destination : List.of("siem", "hr.export")) {
        session
            .createSharedDurableConsumer(session.createTopic(Spool.EVENTS), destination, null)
            .close();
      }
    }
  }

  @AfterEach
  void close() {
    view.close();
    spool.close();
  }

  @Test
  void knowsWhatWaitsForEachDestinationAndSinceWhen() throws Exception {
    Instant received = Instant.ofEpochMilli(1_582_796_173_229L);
    store(Spool.EVENTS, true, Map.of("_AMQ_DUPL_ID", "a", "ensReceived", received.toEpochMilli()));
    store(Spool.EVENTS, true, Map.of("_AMQ_DUPL_ID", "b"));

    assertEquals(
        List.of(
            new SpoolView.Backlog("hr.export", 2, 0, Optional.of(received)),
            new SpoolView.Backlog("siem", 2, 0, Optional.of(received))),
        view.backlogs());
  }

  @Test
  void countsTheDeadLettersOfEachDestination() throws Exception {
    assertEquals(Map.of(), view.deadLetters());
    store(Spool.DEAD + "siem", false, Map.of());
    store(Spool.DEAD + "siem", false, Map.of());
    store(Spool.DEAD + "intake", false, Map.of());

    assertEquals(Map.of("intake", 1L, "siem", 2L), view.deadLetters());
  }

  @Test
  void forgetsASubscriptionThatNobodyReads() throws Exception {
    store(Spool.EVENTS, true, Map.of("_AMQ_DUPL_ID", "a"));

    assertEquals(Optional.of(1L), view.forget("hr.export"));
    assertEquals(Optional.empty(), view.forget("hr.export"));
    assertEquals(
        List.of("siem"), view.backlogs().stream().map(SpoolView.Backlog::destination).toList());
  }

  @Test
  void forgetsNoneThatIsRead() throws Exception {
    try (Connection connection = spool.connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE)) {
      session.createSharedDurableConsumer(session.createTopic(Spool.EVENTS), "siem", null);
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> view.forget("siem"));
      assertTrue(refused.getMessage().contains("siem is read by a route"), refused.getMessage());
    }
    assertEquals(2, view.backlogs().size());
  }

  private void store(String address, boolean topic, Map<String, Object> properties)
      throws Exception {
    Store store = new JmsStore(spool, DiskReserve::isFree);
    store.write(List.of(new Store.Entry(address, topic, properties, new byte[10])));
    store.close();
  }
}
