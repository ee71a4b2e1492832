package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.Appended;
import io.ensrelay.spool.TestPlatform;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to messages that are more than the memory has room for. */
class SpoolWriterTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int MANY = 40;
  private static final byte[] BODY = new byte[(int) (SpoolWriter.MAX_BYTES / 4)];

  /** Fewer than four waiting and as many being written, and the one that there is no room for. */
  private static final int ROOM = 7;

  private final Semaphore mayWrite = new Semaphore(0);
  private final AtomicInteger failures = new AtomicInteger();
  private final List<Integer> written = new CopyOnWriteArrayList<>();
  private final List<Integer> stored = new CopyOnWriteArrayList<>();
  private final List<Integer> failed = new CopyOnWriteArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final SpoolWriter writer = new SpoolWriter(disk(), TestPlatform.REAL);

  @AfterEach
  void close() {
    writer.close();
  }

  @Test
  void asksForNoMoreThanThereIsRoomFor() throws Exception {
    Thread caller = give(0, MANY);
    awaitHeldUp(caller);
    assertTrue(asked.get() <= ROOM, asked.toString());
    assertEquals(List.of(), stored);

    mayWrite.release(MANY);
    caller.join(SOON.toMillis());
    await().atMost(SOON).until(() -> stored.size() == MANY);

    assertEquals(range(0, MANY), written);
    assertEquals(range(0, MANY), stored);
    assertEquals(List.of(), failed);
  }

  @Test
  void takesAMessageLargerThanAllRoomWhenItIsAlone() throws Exception {
    Thread caller = give(0, MANY);
    awaitHeldUp(caller);
    Thread large = give(message(MANY, new byte[8 * BODY.length]));

    mayWrite.release(MANY);
    await().atMost(SOON).until(() -> stored.size() == MANY + 1);
    large.join(SOON.toMillis());

    assertTrue(stored.contains(MANY), stored.toString());
  }

  @Test
  void letsNothingOvertakeWhatFailed() throws Exception {
    failures.set(1);
    Thread caller = give(0, MANY);
    awaitHeldUp(caller);

    mayWrite.release(1);
    caller.join(SOON.toMillis());
    await().atMost(SOON).until(() -> failed.size() == MANY);
    assertEquals(List.of(), written);
    assertEquals(range(0, MANY), failed.stream().sorted().toList());

    mayWrite.release(MANY);
    give(MANY, 2 * MANY).join(SOON.toMillis());
    await().atMost(SOON).until(() -> stored.size() == MANY);
    assertEquals(range(MANY, 2 * MANY), stored);
    assertEquals(MANY, failed.size());
  }

  @Test
  void takesNothingBeforeAllThatFailedAreTold() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    Thread early = give(message(0, BODY, told));
    await().atMost(SOON).until(mayWrite::hasQueuedThreads);
    failures.set(1);
    mayWrite.release(1);
    await().atMost(SOON).until(() -> failed.contains(0));

    give(message(1, BODY)).join(SOON.toMillis());
    assertEquals(List.of(0, 1), failed);

    told.countDown();
    early.join(SOON.toMillis());
    mayWrite.release(1);
    await()
        .atMost(SOON)
        .until(
            () -> {
              give(message(2, BODY)).join(SOON.toMillis());
              return stored.contains(2);
            });
    assertFalse(written.contains(0) || written.contains(1), written.toString());
  }

  @Test
  void takesNothingThatComesAgain() throws Exception {
    mayWrite.release(MANY);
    writer.store(List.of(message(0, BODY), message(1, BODY)).iterator(), () -> true);
    assertEquals(List.of(0, 1), failed);

    give(message(2, BODY));
    await().atMost(SOON).until(() -> stored.equals(List.of(2)));
    assertEquals(List.of(2), written);
  }

  @Test
  void goesOnWhenSomebodyCanNotBeTold() throws Exception {
    mayWrite.release(MANY);
    SpoolWriter.Completion breaks =
        new SpoolWriter.Completion() {
          @Override
          public void stored(Appended.Outcome outcome) {
            throw new IllegalStateException("a completion that breaks");
          }

          @Override
          public void failed(Exception reason) {
            failed.add(0);
          }
        };
    give(new SpoolWriter.Waiting(message(0, BODY).entry(), breaks));
    await().atMost(SOON).until(() -> written.equals(List.of(0)));

    give(message(1, BODY));
    await().atMost(SOON).until(() -> stored.equals(List.of(1)));
    assertEquals(List.of(), failed);
  }

  @Test
  void goesOnWhenTheTellingEndsInAnError() throws Exception {
    give(message(0, BODY));
    await().atMost(SOON).until(mayWrite::hasQueuedThreads);
    SpoolWriter.Completion breaks =
        new SpoolWriter.Completion() {
          @Override
          public void stored(Appended.Outcome outcome) {
            stored.add(1);
            throw new LinkageError("an error that nobody handles");
          }

          @Override
          public void failed(Exception reason) {
            failed.add(1);
          }
        };
    List<SpoolWriter.Waiting> two =
        List.of(new SpoolWriter.Waiting(message(1, BODY).entry(), breaks), message(2, BODY));
    give(two.iterator()).join(SOON.toMillis());
    mayWrite.release(MANY);

    await().atMost(SOON).until(() -> stored.equals(List.of(0, 1, 2)));
    give(message(3, BODY)).join(SOON.toMillis());
    await().atMost(SOON).until(() -> stored.equals(List.of(0, 1, 2, 3)));
    assertEquals(List.of(), failed);
  }

  @Test
  void failsWhatIsNotWrittenAtTheEnd() throws Exception {
    Thread caller = give(0, MANY);
    awaitHeldUp(caller);

    writer.close();
    caller.join(SOON.toMillis());
    give(message(MANY, BODY));

    await().atMost(SOON).until(() -> failed.size() == MANY + 1);
    assertEquals(range(0, MANY + 1), failed.stream().sorted().toList());
    assertEquals(List.of(), stored);
  }

  @Test
  void writesWhatItTookWhenTheCallerIsInterruptedAndNothingBehindIt() throws Exception {
    Thread caller = give(0, MANY);
    awaitHeldUp(caller);

    caller.interrupt();
    caller.join(SOON.toMillis());
    int taken = MANY - failed.size();
    assertTrue(taken < ROOM, failed.toString());
    mayWrite.release(MANY);
    await().atMost(SOON).until(() -> stored.size() == taken);

    assertEquals(range(0, taken), stored);
    assertEquals(range(taken, MANY), failed);
  }

  private Thread give(int from, int to) {
    Iterator<SpoolWriter.Waiting> messages =
        IntStream.range(from, to)
            .peek(number -> asked.incrementAndGet())
            .mapToObj(number -> message(number, BODY))
            .iterator();
    return give(messages);
  }

  private Thread give(SpoolWriter.Waiting message) {
    return give(List.of(message).iterator());
  }

  private Thread give(Iterator<SpoolWriter.Waiting> messages) {
    Thread caller = new Thread(() -> writer.store(messages, () -> false), "caller");
    caller.setDaemon(true);
    caller.start();
    return caller;
  }

  /** And the writer is at the disk. */
  private void awaitHeldUp(Thread caller) {
    await()
        .atMost(SOON)
        .until(() -> caller.getState() == Thread.State.WAITING && mayWrite.hasQueuedThreads());
  }

  private SpoolWriter.Waiting message(int number, byte[] body) {
    return message(number, body, new CountDownLatch(0));
  }

  /**
   * @param told how long it takes to be told of a failure
   */
  private SpoolWriter.Waiting message(int number, byte[] body, CountDownLatch told) {
    return new SpoolWriter.Waiting(
        new LogEntry(0, Map.of("number", (long) number), body, Optional.of("test")),
        new SpoolWriter.Completion() {
          @Override
          public void stored(Appended.Outcome outcome) {
            stored.add(number);
          }

          @Override
          public void failed(Exception reason) {
            failed.add(number);
            try {
              told.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
  }

  /** Takes a permit for each write; the first so many fail. */
  private SpoolWriter.Target disk() {
    return entries -> {
      try {
        mayWrite.acquire();
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
      if (failures.getAndDecrement() > 0) {
        throw new IOException("full");
      }
      entries.forEach(entry -> written.add(((Long) entry.attributes().get("number")).intValue()));
      return new Appended(new BitSet(), new BitSet());
    };
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }
}
