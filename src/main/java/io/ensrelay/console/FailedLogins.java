package io.ensrelay.console;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows guessing down: from the third failed login on, an address has to wait before the next one,
 * twice as long each time, up to a minute. Nobody else waits. What is logged is bounded too.
 * Threads: safe.
 */
final class FailedLogins {
  private static final Logger LOG = LoggerFactory.getLogger(FailedLogins.class);
  private static final int FREE = 2;
  private static final long LONGEST_SECONDS = 60;
  private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final int ADDRESSES = 1000;

  private static final int LINES = 10;
  private static final long LINES_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanoTime;

  /** In the order of the last failure. */
  private final Map<String, Failures> byAddress = new LinkedHashMap<>();

  private long linesSince;
  private int lines;
  private long unsaid;

  private record Failures(int count, long last, long until) {}

  FailedLogins(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    linesSince = nanoTime.getAsLong();
  }

  /** How many seconds an address still has to wait; empty: it may try. */
  synchronized Optional<Long> pause(InetAddress from) {
    Failures failures = byAddress.get(network(from));
    long left = failures == null ? 0 : failures.until() - nanoTime.getAsLong();
    return left <= 0 ? Optional.empty() : Optional.of(TimeUnit.NANOSECONDS.toSeconds(left - 1) + 1);
  }

  /**
   * @param what was wrong, without the secret that was tried
   */
  synchronized void failed(InetAddress from, String what) {
    long now = nanoTime.getAsLong();
    String address = network(from);
    Failures before = byAddress.remove(address);
    int count = before == null || now - before.last() > FORGOTTEN_NANOS ? 1 : before.count() + 1;
    long seconds =
        count <= FREE ? 0 : Math.min(LONGEST_SECONDS, 1L << Math.min(count - FREE - 1, 10));
    byAddress.put(address, new Failures(count, now, now + TimeUnit.SECONDS.toNanos(seconds)));
    if (byAddress.size() > ADDRESSES) {
      byAddress.remove(byAddress.keySet().iterator().next());
    }
    say(now, from, what, count);
  }

  synchronized void succeeded(InetAddress from) {
    byAddress.remove(network(from));
  }

  private void say(long now, InetAddress from, String what, int count) {
    if (now - linesSince > LINES_NANOS) {
      linesSince = now;
      lines = 0;
    }
    if (++lines > LINES) {
      unsaid++;
      return;
    }
    LOG.warn(
        "A login to the console failed: {}, from {}{}{}",
        what,
        from.getHostAddress(),
        count > 1 ? ", " + count + " in a row" : "",
        unsaid > 0 ? " (and " + unsaid + " more since the last such line)" : "");
    unsaid = 0;
  }

  /** For IPv6 the first half of the address: one client can use all addresses with it. */
  private static String network(InetAddress from) {
    return from instanceof Inet6Address
        ? Arrays.toString(Arrays.copyOf(from.getAddress(), 8))
        : from.getHostAddress();
  }
}
