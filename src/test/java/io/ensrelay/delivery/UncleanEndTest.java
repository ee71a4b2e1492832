package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DeadLetters;
import io.ensrelay.spool.Spool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An event that ends the process, in processes of its own. */
class UncleanEndTest {
  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"thrown", "wrapped", "handled"})
  void endsTheProcessWithoutMemory(String how) throws Exception {
    assertEquals(1, run(how));
  }

  @Test
  void setsAnEventAsideThatWasUnderWayAtThreeUncleanEnds() throws Exception {
    for (int ends = 0; ends < 3; ends++) {
      assertEquals(1, run("wrapped"), "end " + ends);
    }

    assertEquals(0, run("wrapped"), "the event behind it is delivered");

    try (Spool spool = new Spool(dir.resolve("data"), Spool.Config.keepingAll("test"))) {
      DeadLetterFilter all =
          new DeadLetterFilter(
              Optional.of("test"),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
      DeadLetters.Page letters = spool.letters().list(all, 0, 10);
      assertEquals(1, letters.total());
      DeadLetter letter = letters.items().get(0);
      assertEquals(SpoolRoutes.event("device", 0).id(), letter.attributes().get("eventId"));
      assertTrue(
          letter
              .reason()
              .startsWith("the relay died 3 times in a row while it delivered this event"),
          letter.reason());
    }
  }

  private int run(String how) throws Exception {
    Path log = dir.resolve("log");
    Process process =
        new ProcessBuilder(
                JavaCommand.of(
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Relay.class.getName(),
                    dir.resolve("data").toString(),
                    how))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertTrue(process.waitFor(2, TimeUnit.MINUTES), () -> text(log));
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends with 0 when the second event is delivered. */
  static final class Relay {
    private static final CountDownLatch DELIVERED = new CountDownLatch(1);

    static void step(byte[] event, String how) {
      if (SpoolRoutes.seq(event) == 1) {
        DELIVERED.countDown();
        return;
      }
      OutOfMemoryError none = new OutOfMemoryError("Java heap space");
      if (how.equals("thrown")) {
        throw none;
      }
      throw new RuntimeCamelException(new IOException(none));
    }

    public static void main(String[] args) throws Exception {
      String how = args[1];
      RouteBuilder route =
          new RouteBuilder() {
            @Override
            public void configure() {
              if (how.equals("handled")) {
                onException(Throwable.class).handled(true).to("spool:dead");
              }
              from("spool:events?destination=test")
                  .process(exchange -> step(exchange.getMessage().getBody(byte[].class), how));
            }
          };
      try (SpoolRoutes spool = new SpoolRoutes(Path.of(args[0]), route)) {
        Event first = SpoolRoutes.event("device", 0);
        spool.store(java.util.List.of(first, SpoolRoutes.event("device", 1)));
        DELIVERED.await();
      }
      System.exit(0);
    }
  }
}
