package io.ensrelay.spool;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.faults.Disk;
import jakarta.jms.Connection;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk fills in the middle of a write: what was said to be stored is there afterwards. Only a
 * part of the spool is on the small disk, so that the room on that of the spool does not hold it up
 * before.
 */
class SpoolFullDiskTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int SMALL = 20_001;
  private static final int LARGE = 300_000;
  private static final int SMALL_DISK_MB = 5;

  @TempDir Path data;
  private final List<Integer> stored = new ArrayList<>();

  @Test
  void ofAPage() throws Exception {
    keepsEventsWhenADiskIsTooSmallFor("spool/paging", SMALL);
  }

  @Test
  void ofTheBodyOfALargeMessage() throws Exception {
    keepsEventsWhenADiskIsTooSmallFor("spool/large", LARGE);
  }

  private void keepsEventsWhenADiskIsTooSmallFor(String part, int size) throws Exception {
    try (Disk disk = Disk.mount(data.resolve(part), SMALL_DISK_MB);
        Spool spool = new Spool(data, Optional.empty(), 1000)) {
      Subscription subscription = spool.subscribe("test", "");
      Store store = spool.eventStore();
      int next = storeUntilItFails(store, Spool.EVENTS, size);

      disk.enlarge(100);
      storeOnceItCan(store, Spool.EVENTS, size, next);

      assertStored(read(spool, subscription));
    }
  }

  @Test
  void ofAPageOfDeadLetters() throws Exception {
    String queue = Spool.DEAD + "test";
    try (Disk disk = Disk.mount(data.resolve("spool/paging"), SMALL_DISK_MB);
        Spool spool = new Spool(data, Optional.empty(), 1000)) {
      Store store = new JmsStore(spool, DiskReserve::isFree);
      int next = storeUntilItFails(store, queue, SMALL);

      disk.enlarge(100);
      storeOnceItCan(store, queue, SMALL, next);

      assertStored(readQueue(spool, queue));
    }
  }

  /** Or the lane of the event would wait for room, and nobody would make any. */
  @Test
  void keepsDeadLettersWhenThereIsNoMoreRoomForEvents() throws Exception {
    String queue = Spool.DEAD + "test";
    try (Disk disk = Disk.mount(data.resolve("spool"), 100);
        Spool spool = new Spool(data, Optional.empty(), 1000)) {
      spool.start();
      disk.fillTo(7);
      assertEquals(Optional.of(Spool.State.DISK_FULL), spool.state());

      Store store = new JmsStore(spool, DiskReserve::isHalfFree);
      assertTimeoutPreemptively(SOON, () -> store.write(List.of(entry(queue, 0, SMALL))));
      store.close();

      assertEquals(List.of(0), readQueue(spool, queue));
    }
  }

  @Test
  void saysWhyItDoesNotStartAndStartsWhenItCan() throws Exception {
    try (Disk disk = Disk.mount(data.resolve("spool/journal"), SMALL_DISK_MB);
        Spool spool = new Spool(data, Optional.empty(), 1000)) {
      Exception failure = assertThrows(Exception.class, spool::start);
      assertTrue(failure.getMessage().contains("No space left"), failure.getMessage());

      disk.enlarge(100);
      patiently().until(() -> starts(spool));
      storeOnceItCan(spool.eventStore(), Spool.EVENTS, SMALL, 0);
    }
  }

  /** The threads of a broker that could not write may end with exceptions that nobody catches. */
  private static ConditionFactory patiently() {
    return await().dontCatchUncaughtExceptions().ignoreExceptions().atMost(SOON);
  }

  private static boolean starts(Spool spool) throws Exception {
    spool.start();
    return spool.state().equals(Optional.of(Spool.State.RUNNING));
  }

  /** Returns the number of the first that was not stored. */
  private int storeUntilItFails(Store store, String address, int size) {
    int[] next = {0};
    assertThrows(
        Exception.class,
        () -> {
          while (next[0] < 100_000) {
            store.write(List.of(entry(address, next[0], size)));
            stored.add(next[0]);
            next[0]++;
          }
        });
    store.close();
    return next[0];
  }

  private void storeOnceItCan(Store store, String address, int size, int number) {
    patiently()
        .until(
            () -> {
              try {
                return store.write(List.of(entry(address, number, size))).isEmpty();
              } catch (Exception e) {
                store.close();
                throw e;
              }
            });
    stored.add(number);
    store.close();
  }

  private static Store.Entry entry(String address, int number, int size) {
    byte[] body = new byte[size];
    byte[] digits = "%010d".formatted(number).getBytes();
    System.arraycopy(digits, 0, body, 0, digits.length);
    boolean event = address.equals(Spool.EVENTS);
    Map<String, Object> properties = new HashMap<>();
    if (event) {
      properties.put(EventProducer.DUPLICATE_ID, "id-" + number);
    }
    return new Store.Entry(address, event, properties, body);
  }

  private static int number(byte[] body) {
    return Integer.parseInt(new String(body, 0, 10));
  }

  /** The subscription of before is of no use when the broker was started anew. */
  private static List<Integer> read(Spool spool, Subscription before) throws Exception {
    before.close();
    List<Integer> numbers = new ArrayList<>();
    try (Subscription subscription = spool.subscribe("test", "")) {
      for (Subscription.Stored event = subscription.next(SOON.toMillis());
          event != null;
          event = subscription.next(1000)) {
        numbers.add(number(event.body()));
        subscription.confirm();
      }
    }
    return numbers;
  }

  private static List<Integer> readQueue(Spool spool, String queue) throws Exception {
    List<Integer> numbers = new ArrayList<>();
    try (Connection connection = spool.connect();
        Session session = connection.createSession()) {
      connection.start();
      MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
      for (var letter = consumer.receive(SOON.toMillis());
          letter != null;
          letter = consumer.receive(1000)) {
        numbers.add(number(letter.getBody(byte[].class)));
      }
    }
    return numbers;
  }

  private void assertStored(List<Integer> found) {
    assertTrue(stored.size() > 5, stored.toString());
    TreeSet<Integer> lost = new TreeSet<>(stored);
    found.forEach(lost::remove);
    assertEquals(List.of(), List.copyOf(lost));
    assertEquals(stored, found.stream().distinct().toList());
  }
}
