package io.ensrelay.service;

import io.ensrelay.base.Platform;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a tenant's devices within a budget of calls, patiently: a call that fails is made again
 * until it succeeds, after the pause that {@code Retry-After} asks for, else after a second up to a
 * minute. If a question may have been too large (HTTP 400, an answer that is too large), the next
 * calls ask for half as many devices. Threads: one; the state may be read by others.
 */
public final class FleetReader {
  private static final Logger LOG = LoggerFactory.getLogger(FleetReader.class);
  private static final int MOST_ON_PAGE = 200;
  private static final int MOST_NAMES = 100;

  private final FleetCalls service;
  private final Platform platform;
  private final Waits waits;
  private final CallPace pace;
  private final int perMinute;
  private int limit = MOST_ON_PAGE;
  private int names = MOST_NAMES;
  private volatile long calls;
  private volatile long failures;
  private volatile Optional<CallTrouble> trouble = Optional.empty();

  /** Waits. */
  public interface Waits {
    /** Waits on a real clock. */
    Waits REAL = TimeUnit.NANOSECONDS::sleep;

    void pass(long nanos) throws InterruptedException;
  }

  /** One call to the service. */
  private interface Call<T> {
    T make() throws Exception;
  }

  /**
   * @param perMinute calls, 1 or more
   */
  public FleetReader(FleetCalls service, int perMinute, Platform platform, Waits waits) {
    this.service = service;
    this.perMinute = perMinute;
    this.platform = platform;
    this.waits = waits;
    pace = new CallPace(perMinute);
  }

  /** Reads a page of at most {@link #limit} devices. */
  public FleetPage page(String status, long offset) throws InterruptedException {
    while (true) {
      int asked = limit;
      Optional<FleetPage> page =
          patiently(
              () -> service.page(status, offset, asked),
              why -> asked > 1 && CallTrouble.mayBeOneDevice(why));
      if (page.isPresent()) {
        return page.get();
      }
      limit = Math.max(1, asked / 2);
    }
  }

  /** Most devices that the relay asks for on a page. */
  public int limit() {
    return limit;
  }

  /** The number of devices with a status; empty: the service does not tell it. */
  public OptionalLong count(String status) throws InterruptedException {
    return patiently(() -> service.count(status), FleetReader::isUnknown)
        .orElse(OptionalLong.empty());
  }

  /**
   * The result of a search for devices by name.
   *
   * @param asked the names in the question; the service may know fewer devices
   */
  public record Found(List<String> asked, FleetPage page) {}

  /**
   * Asks for some of these devices, starting with the first.
   *
   * @return empty: the service refuses to look for the first
   */
  public Optional<Found> find(boolean areGuids, List<String> wanted) throws InterruptedException {
    while (true) {
      List<String> asked = wanted.subList(0, Math.min(names, wanted.size()));
      Optional<FleetPage> page =
          patiently(() -> found(areGuids, asked), CallTrouble::mayBeOneDevice);
      if (page.isPresent()) {
        names = Math.min(MOST_NAMES, names * 2);
        return Optional.of(new Found(asked, page.get()));
      }
      if (asked.size() == 1) {
        return Optional.empty();
      }
      names = asked.size() / 2;
    }
  }

  /** Leaves out devices that were not asked for. */
  private FleetPage found(boolean areGuids, List<String> asked) throws Exception {
    FleetPage page = service.find(areGuids, asked);
    Map<String, String> wanted = new HashMap<>();
    asked.forEach(name -> wanted.put(plain(name), name));
    List<FleetDevice> ours = new ArrayList<>();
    for (FleetDevice device : page.devices()) {
      device
          .digest()
          .id()
          .map(id -> wanted.get(plain(id)))
          .ifPresent(name -> ours.add(device.named(name)));
    }
    if (ours.isEmpty() && !page.devices().isEmpty()) {
      throw new IOException("the answer is about other devices than those that were asked for");
    }
    return new FleetPage(page.asked(), ours, page.limit());
  }

  /** The service may write a name in upper or lower case. */
  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /**
   * @param isRefusal failures that end the call with an empty result: the next question must be
   *     smaller
   */
  private <T> Optional<T> patiently(Call<T> call, Predicate<Exception> isRefusal)
      throws InterruptedException {
    while (true) {
      await();
      try {
        pace.begin(platform.nanoTime());
        calls++;
        T answer = call.make();
        succeeded();
        return Optional.of(answer);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        failures++;
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (isRefusal.test(e)) {
          LOG.debug("Asking for less, because of {}", MetadataFailure.reason(e));
          return Optional.empty();
        }
        failed(e);
      }
    }
  }

  /** Some versions may not have the call. */
  private static boolean isUnknown(Exception why) {
    return why instanceof HttpOperationFailedException answer
        && Set.of(400, 404, 405).contains(answer.getStatusCode());
  }

  private void await() throws InterruptedException {
    long now = platform.nanoTime();
    long troubled = trouble.map(each -> each.nextNanos() - now).orElse(0L);
    long nanos = Math.max(troubled, pace.left(now));
    if (nanos > 0) {
      waits.pass(nanos);
    } else if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private void succeeded() {
    trouble.ifPresent(
        over -> LOG.info("The service returns devices again, after {} failed calls", over.tries()));
    trouble = Optional.empty();
  }

  private void failed(Exception why) {
    CallTrouble now = CallTrouble.after(trouble, why, platform);
    if (now.tries() == 1) {
      LOG.warn(
          "The service does not return its devices: {}; the next call is in {} s",
          MetadataFailure.reason(why),
          now.seconds());
    }
    trouble = Optional.of(now);
  }

  /** Calls made so far, also failed ones. */
  public long calls() {
    return calls;
  }

  /** Calls that failed. */
  public long failures() {
    return failures;
  }

  /** Time that this many calls take. */
  public Duration time(long more) {
    return Duration.ofMinutes(1).dividedBy(perMinute).multipliedBy(more);
  }

  /** Why the last call failed, on one line; empty: it succeeded. */
  public Optional<String> trouble() {
    return trouble.map(each -> MetadataFailure.reason(each.why()));
  }

  /** Since when calls fail. */
  public Optional<Instant> troubleSince() {
    return trouble.map(CallTrouble::since);
  }

  /** When the next call is made after a failed one. */
  public Optional<Instant> next() {
    return trouble.map(CallTrouble::next);
  }
}
