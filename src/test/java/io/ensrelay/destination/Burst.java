package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Many events that wait, and how fast they are delivered: printed only, as other tests run at the
 * same time.
 */
final class Burst {
  private static final int DEVICES = 2000;

  private Burst() {}

  static void of(Shipped relay, String destination, String what, int events) throws Exception {
    relay.store(0, 1000, DEVICES);
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> relay.status(destination).delivered() == 1000);
    long begin = System.nanoTime();
    relay.store(1000, 1000 + events, DEVICES);
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> relay.status(destination).delivered() == 1000 + events);
    long rate = events * 1000L / TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    System.out.println(what + ": " + rate + " events/s, stored and delivered");
  }
}
