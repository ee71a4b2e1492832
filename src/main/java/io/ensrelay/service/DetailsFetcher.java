package io.ensrelay.service;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.base.TenantLog;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the details of a tenant's devices for all lanes and destinations, by the routes {@code
 * details.device} and {@code details.applications}.
 *
 * <p>Each route makes one call at a time. A call begins when an event waits and 100 devices can be
 * asked for, or the event has waited for 250 ms; devices of events ahead fill it up. The calls of
 * both routes are spaced to stay within the budget. After a failure a route waits, for as long as
 * {@code Retry-After} says, else from a second up to a minute; after HTTP 429 both routes wait. An
 * answer that is not JSON, or is only about other devices, is a failure too. If the failure may be
 * one device's fault (HTTP 400, an answer that is too large), the next calls ask for half as many,
 * down to the one device, which is then refused. Answers are kept up to a number of bytes.
 *
 * <p>Threads: safe; a daemon of its own decides on the calls, and one for each route makes them.
 */
public final class DetailsFetcher implements Details, CamelContextAware, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DetailsFetcher.class);

  private static final int AHEAD_EVENTS = 600;
  private static final long COLLECT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long calls for events ahead go on while no event waits. */
  private static final long ACTIVE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Up to this many unused answers are normal: their events may still be on their way. */
  private static final int UNUSED_AT_MOST = 1000;

  /** A used answer makes up for two unused ones. */
  private static final int USED_COUNTS = 2;

  private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long PAUSE_MILLIS = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final DetailsMemory memory = new DetailsMemory(MemoryBudget.OF_HEAP.details());
  private final Set<Waiting> waiting = new LinkedHashSet<>();

  /**
   * Wishes whose events gave up waiting; the next call asks for them, to find out whether calls
   * work again.
   */
  private final Set<DetailsWish> left = new LinkedHashSet<>();

  private final Map<Object, Source> sources = new HashMap<>();
  private final Map<DetailsCall, CallCondition> conditions = new EnumMap<>(DetailsCall.class);

  /** All calls that events have needed so far. */
  private final Set<DetailsCall> wished = EnumSet.noneOf(DetailsCall.class);

  private CamelContext camel;
  private Platform platform;
  private DetailsMeters meters;
  private CallPace pace = new CallPace(60);
  private String tenant = "default";
  private String suffix = "";
  private int perMinute = 60;
  private int unused;
  private Optional<DetailsListener> listener = Optional.empty();
  private Thread worker;
  private ExecutorService callers;
  private boolean closed;

  /** A waiter that has events ahead, and the time until which they are asked for. */
  private record Source(Waiter waiter, long until) {}

  /** An event that waits. */
  private static final class Waiting {
    private final DetailsWish wish;
    private final Waiter waiter;
    private final long since;
    private final Map<DetailsCall, DeviceAnswer> answers = new HashMap<>();
    private Optional<CallTrouble> told = Optional.empty();

    Waiting(DetailsWish wish, Waiter waiter, long since) {
      this.wish = wish;
      this.waiter = waiter;
      this.since = since;
    }
  }

  @Override
  public CamelContext getCamelContext() {
    return camel;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    camel = context;
  }

  public void setTenant(String name) {
    tenant = name;
  }

  /** The suffix of the names of the tenant's routes. */
  public void setSuffix(String end) {
    suffix = end;
  }

  /** Calls per minute, at least 1. */
  public void setRate(int calls) {
    if (calls < 1) {
      throw new IllegalArgumentException("ens.details.rate=" + calls + ": 1 or more");
    }
    perMinute = calls;
    pace = new CallPace(calls);
  }

  @Override
  public DeviceDetails get(DetailsWish wish, Waiter waiter)
      throws DetailsRefusedException, IOException, InterruptedException {
    lock.lock();
    try {
      start();
      Waiting mine = new Waiting(wish, waiter, platform.nanoTime());
      Optional<DeviceDetails> known = found(mine);
      return known.isPresent() ? known.get() : await(mine);
    } finally {
      lock.unlock();
    }
  }

  private void start() {
    if (worker == null && !closed) {
      platform = Platform.of(camel);
      meters = new DetailsMeters(Meters.of(camel), Meters.of(camel, tenant), this::used);
      listener = Optional.ofNullable(camel.getRegistry().findSingleByType(DetailsListener.class));
      for (DetailsCall call : DetailsCall.values()) {
        conditions.put(call, new CallCondition());
      }
      // its threads end a minute after their last call
      callers = Executors.newCachedThreadPool(this::daemon);
      worker = daemon(this::work);
      worker.start();
    }
  }

  private Thread daemon(Runnable work) {
    Thread thread = platform.thread("details-" + tenant, TenantLog.marked(suffix, work));
    thread.setDaemon(true);
    return thread;
  }

  private double used() {
    lock.lock();
    try {
      return pace.used(platform.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  private DeviceDetails await(Waiting mine)
      throws DetailsRefusedException, IOException, InterruptedException {
    waiting.add(mine);
    wished.addAll(mine.wish.calls());
    sources.put(mine.waiter.source(), new Source(mine.waiter, platform.nanoTime() + ACTIVE_NANOS));
    mine.waiter.waits(() -> reason(mine.wish));
    changed.signalAll();
    try {
      while (true) {
        Optional<DeviceDetails> found = found(mine);
        if (found.isPresent()) {
          return found.get();
        }
        if (closed || mine.waiter.isOver()) {
          throw new InterruptedIOException("the relay stops");
        }
        Optional<CallTrouble> trouble = trouble(mine.wish);
        if (trouble.isPresent()) {
          bear(mine, trouble.get());
        }
        changed.awaitNanos(LOOK_NANOS);
      }
    } finally {
      waiting.remove(mine);
      sources.computeIfPresent(
          mine.waiter.source(),
          (key, old) -> new Source(old.waiter(), platform.nanoTime() + ACTIVE_NANOS));
      meters.waited(platform.nanoTime() - mine.since);
    }
  }

  /** The longest trouble among the calls that the wish needs. */
  private Optional<CallTrouble> trouble(DetailsWish wish) {
    return wish.calls().stream()
        .flatMap(call -> conditions.get(call).trouble().stream())
        .min(Comparator.comparing(CallTrouble::since));
  }

  private void bear(Waiting mine, CallTrouble present) throws DetailsUnavailableException {
    Instant now = platform.now();
    boolean isDue = !now.isBefore(mine.wish.notBefore());
    Optional<Duration> patience = mine.waiter.patience();
    if (isDue && patience.isPresent() && !now.isBefore(present.since().plus(patience.get()))) {
      if (left.size() < CallCondition.MOST_DEVICES) {
        left.add(mine.wish);
      }
      throw new DetailsUnavailableException(MetadataFailure.reason(present.why()), present.why());
    }
    if (isDue && !mine.told.equals(Optional.of(present))) {
      mine.told = Optional.of(present);
      mine.waiter.fails(present.why(), present.next(), present.tries());
    }
  }

  /** Why an event waits while no call has failed. */
  private String reason(DetailsWish wish) {
    lock.lock();
    try {
      Duration early = Duration.between(platform.now(), wish.notBefore());
      if (!early.isNegative() && !early.isZero()) {
        return "waits for details, which are asked for in " + (early.toSeconds() + 1) + " s";
      }
      return "waits for details; " + perMinute + " calls a minute are allowed (ens.details.rate)";
    } finally {
      lock.unlock();
    }
  }

  /** The details for a wish; empty: an answer is missing or too old. */
  private Optional<DeviceDetails> found(Waiting mine) throws DetailsRefusedException {
    Map<DetailsCall, DeviceAnswer> answers = new HashMap<>();
    for (DetailsCall call : mine.wish.calls()) {
      Optional<DeviceAnswer> answer =
          Optional.ofNullable(mine.answers.get(call))
              .or(() -> memory.get(mine.wish.device(), call))
              .filter(each -> each.isFreshFor(mine.wish));
      if (answer.isEmpty()) {
        return Optional.empty();
      }
      if (answer.get().refusal().isPresent()) {
        throw new DetailsRefusedException(MetadataFailure.reason(answer.get().refusal().get()));
      }
      answers.put(call, answer.get());
    }
    answers.forEach((call, answer) -> use(mine.wish.device(), call, answer));
    return Optional.of(details(answers));
  }

  private void use(DeviceName device, DetailsCall call, DeviceAnswer answer) {
    if (!memory.isFirstUse(device, call)) {
      meters.saved();
    } else if (answer.isAhead()) {
      unused = Math.max(0, unused - USED_COUNTS);
    }
  }

  private static DeviceDetails details(Map<DetailsCall, DeviceAnswer> answers) {
    Instant at =
        answers.values().stream()
            .map(DeviceAnswer::asked)
            .min(Instant::compareTo)
            .orElse(Instant.EPOCH);
    Optional<DeviceAnswer> device = Optional.ofNullable(answers.get(DetailsCall.DEVICE));
    boolean isMissing = device.isPresent() && device.get().json().isEmpty();
    return new DeviceDetails(
        at,
        isMissing,
        device.flatMap(DeviceAnswer::json),
        Optional.ofNullable(answers.get(DetailsCall.APPLICATIONS))
            .filter(answer -> !isMissing)
            .map(answer -> answer.json().orElse(new byte[] {'[', ']'})));
  }

  private void work() {
    try (ProducerTemplate routes = camel.createProducerTemplate()) {
      while (true) {
        try {
          Optional<DetailsQuestion> question = next();
          question.ifPresent(each -> callers.execute(() -> ask(each, routes)));
        } catch (RuntimeException e) {
          LOG.warn("Details can't be fetched now, trying again: {}", e.toString());
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.debug("Closing", e);
    }
  }

  /** Waits for the next question; empty: look again. */
  private Optional<DetailsQuestion> next() throws InterruptedException {
    List<Waiter> ahead = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        throw new InterruptedException();
      }
      long now = platform.nanoTime();
      sources.values().removeIf(source -> source.until() - now < 0 && isUnwaited(source));
      long pause = pause(now);
      if (pause > 0) {
        changed.awaitNanos(pause);
        return Optional.empty();
      }
      sources.values().forEach(source -> ahead.add(source.waiter()));
    } finally {
      lock.unlock();
    }
    List<DetailsWish> wishes = new ArrayList<>();
    for (Waiter each : ahead) {
      wishes.addAll(each.ahead(AHEAD_EVENTS));
    }
    lock.lock();
    try {
      return choose(wishes);
    } finally {
      lock.unlock();
    }
  }

  private boolean isUnwaited(Source source) {
    return waiting.stream()
        .noneMatch(each -> each.waiter.source().equals(source.waiter().source()));
  }

  /** Nanoseconds until a question may be possible. */
  private long pause(long now) {
    if (sources.isEmpty() && left.isEmpty()) {
      return IDLE_NANOS;
    }
    long paced = pace.left(now);
    long able = wished.stream().mapToLong(call -> pause(call, now)).min().orElse(0);
    Instant time = platform.now();
    long due =
        waiting.isEmpty() || !left.isEmpty()
            ? 0
            : waiting.stream()
                .map(each -> each.wish.notBefore())
                .min(Instant::compareTo)
                .map(first -> Duration.between(time, first).toNanos())
                .orElse(0L);
    return Math.max(paced, Math.max(able, due));
  }

  private long pause(DetailsCall call, long now) {
    CallCondition condition = conditions.get(call);
    // its end signals the condition
    return condition.isUnderWay() ? IDLE_NANOS : condition.pause(now);
  }

  private Optional<DetailsQuestion> choose(List<DetailsWish> ahead) throws InterruptedException {
    long now = platform.nanoTime();
    DetailsPlan plan =
        new DetailsPlan(
            memory, platform.now(), call -> pause(call, now) > 0 ? 0 : conditions.get(call).most());
    waiting.forEach(each -> plan.add(each.wish, false));
    left.forEach(each -> plan.add(each, false));
    ahead.stream().limit(memory.room()).forEach(wish -> plan.add(wish, true));
    boolean isWaited = plan.first().isPresent();
    Optional<DetailsQuestion> chosen =
        isWaited && (waitedNanos() >= COLLECT_NANOS || !left.isEmpty())
            ? plan.first()
            : plan.full().filter(full -> isWaited || unused < UNUSED_AT_MOST);
    if (chosen.isEmpty()) {
      changed.awaitNanos(LOOK_NANOS);
      return chosen;
    }
    pace.begin(now);
    conditions.get(chosen.get().call()).begins();
    isLeftNoLonger(chosen.get().call());
    return chosen;
  }

  private void isLeftNoLonger(DetailsCall asked) {
    List<DetailsWish> before = List.copyOf(left);
    left.clear();
    for (DetailsWish wish : before) {
      Set<DetailsCall> rest = new HashSet<>(wish.calls());
      rest.remove(asked);
      if (!rest.isEmpty()) {
        left.add(new DetailsWish(wish.device(), rest, wish.notBefore()));
      }
    }
  }

  /** How long the longest-waiting event has waited in a time when it could be asked for. */
  private long waitedNanos() {
    long now = platform.nanoTime();
    Instant time = platform.now();
    return waiting.stream()
        .mapToLong(
            each ->
                Math.min(now - each.since, Duration.between(each.wish.notBefore(), time).toNanos()))
        .max()
        .orElse(COLLECT_NANOS);
  }

  private void ask(DetailsQuestion question, ProducerTemplate routes) {
    Instant asked = platform.now();
    String route = "direct:details." + question.call().text() + suffix;
    try {
      byte[] answer = routes.requestBody(route, question.body(), byte[].class);
      Map<DeviceName, byte[]> found =
          DetailsAnswers.of(
              question.call(), question.devices(), answer == null ? new byte[0] : answer);
      meters.called(question.call(), question.devices().size(), true);
      answered(question, asked, found);
      tell(question.call(), asked, found);
    } catch (CamelExecutionException e) {
      failed(question, asked, e.getCause() instanceof Exception cause ? cause : e);
    } catch (IOException | RuntimeException e) {
      failed(question, asked, e);
    } finally {
      ended(question.call());
    }
  }

  private void tell(DetailsCall call, Instant asked, Map<DeviceName, byte[]> found) {
    if (call == DetailsCall.DEVICE) {
      listener.ifPresent(
          each -> found.forEach((device, json) -> each.learned(tenant, device.id(), asked, json)));
    }
  }

  private void ended(DetailsCall call) {
    lock.lock();
    try {
      conditions.get(call).ends();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void answered(DetailsQuestion question, Instant asked, Map<DeviceName, byte[]> found) {
    lock.lock();
    try {
      CallCondition condition = conditions.get(question.call());
      condition
          .trouble()
          .ifPresent(
              over ->
                  LOG.info(
                      "The service answers calls for details ({}) again, after {} failed ones",
                      question.call().text(),
                      over.tries()));
      condition.answered();
      for (DeviceName device : question.devices()) {
        keep(
            question,
            device,
            new DeviceAnswer(
                asked,
                Optional.ofNullable(found.get(device)),
                Optional.empty(),
                question.ahead().contains(device)));
      }
      unused += question.ahead().size();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waiting events get it, even if the memory has no room for it. */
  private void keep(DetailsQuestion question, DeviceName device, DeviceAnswer answer) {
    memory.put(device, question.call(), answer);
    waiting.stream()
        .filter(each -> each.wish.device().equals(device) && answer.isFreshFor(each.wish))
        .forEach(each -> each.answers.put(question.call(), answer));
  }

  private void failed(DetailsQuestion question, Instant asked, Exception why) {
    meters.called(question.call(), question.devices().size(), false);
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (CallTrouble.mayBeOneDevice(why)) {
        refused(question, asked, why);
      } else {
        trouble(question.call(), why);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void refused(DetailsQuestion question, Instant asked, Exception why) {
    if (question.devices().size() > 1) {
      conditions.get(question.call()).refused(question.devices().size());
      return;
    }
    for (DeviceName device : question.devices()) {
      keep(question, device, new DeviceAnswer(asked, Optional.empty(), Optional.of(why), false));
    }
  }

  private void trouble(DetailsCall call, Exception why) {
    CallCondition condition = conditions.get(call);
    CallTrouble now = CallTrouble.after(condition.trouble(), why, platform);
    if (now.tries() == 1) {
      LOG.warn(
          "The service does not answer calls for details ({}): {}; the next one is in {} s",
          call.text(),
          MetadataFailure.reason(why),
          now.seconds());
    }
    condition.failed(now);
    if (CallTrouble.isLimit(why)) {
      // the service counts all calls together
      pace.pauseUntil(now.nextNanos());
    }
  }

  /** Ends all waits; a call under way ends on its own. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      if (worker != null) {
        worker.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }
}
