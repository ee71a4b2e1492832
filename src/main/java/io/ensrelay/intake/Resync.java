package io.ensrelay.intake;

import io.ensrelay.base.FailureText;
import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.base.TenantLog;
import io.ensrelay.config.ValueRules;
import io.ensrelay.service.FleetReader;
import io.ensrelay.service.FleetRoutes;
import io.ensrelay.spool.KnownFleet;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a tenant's devices with their last known state and stores each difference as an event:
 * the bean {@code ensResync} of {@code routes/resync.camel.yaml}.
 *
 * <p>A run begins after a gap, every day at {@code ens.resync.at}, or when {@link #start} is
 * called; one at a time. After a restart it continues where it was. A gap during a run makes
 * another run follow. Runs do not give up: while the service or the disk fails, they wait. A thread
 * exists only during a run. Threads: safe.
 */
public final class Resync implements CamelContextAware, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Resync.class);
  private static final int SPREAD_SECONDS = 600;
  private static final long CLOSE_MILLIS = 3000;
  private static final String GAP = "gap";

  private CamelContext camel;
  private Platform platform;
  private String tenant = "default";
  private String suffix = "";
  private Path data = Path.of("data");
  private int rate = 30;
  private boolean all;
  private List<String> statuses = List.of("ACTIVE");
  private Duration delay = Duration.ofSeconds(30);
  private Set<String> ignored = Set.of();
  private boolean followsGaps = true;
  private Optional<DailyTime> at = Optional.empty();

  private Optional<SessionMemory> memory = Optional.empty();
  private Optional<Instant> gap = Optional.empty();
  private Optional<ResyncWork> work = Optional.empty();
  private Thread worker;
  private boolean closed;

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

  /** The tenant's data directory; the state of a run is in its folder {@code resync}. */
  public void setDataDirectory(String directory) {
    data = Path.of(directory);
  }

  /** Calls per minute, at least 1. */
  public void setRate(int calls) {
    rate = calls;
  }

  /** {@code changed} or {@code all}. */
  public void setSend(String which) {
    all = which.equalsIgnoreCase("all");
  }

  /** Statuses separated by commas. */
  public void setStatuses(String list) {
    statuses = words(list);
  }

  /** Longest time until answers of the service show the change that an event reported. */
  public void setDelay(String duration) {
    delay = ValueRules.duration("ens.resync.delay", duration);
  }

  /** Fields that do not count as a difference, separated by commas; blank: none. */
  public void setIgnore(String fields) {
    ignored = Set.copyOf(words(fields));
  }

  /** Whether a gap starts a run. */
  public void setGap(boolean follows) {
    followsGaps = follows;
  }

  /** The time of day, such as {@code 02:30}, in the time zone of the machine; blank: none. */
  public void setAt(String time) {
    at =
        time.isBlank() ? Optional.empty() : Optional.of(DailyTime.of(time, ZoneId.systemDefault()));
  }

  private static List<String> words(String list) {
    return Stream.of(list.split(",")).map(String::strip).filter(w -> !w.isEmpty()).toList();
  }

  /** Whether the gap about to be stored will start a run. */
  boolean followsGaps() {
    return followsGaps && hasReceiver("after the gap");
  }

  /**
   * Whether anybody gets the events of a run; its calls would be useless otherwise.
   *
   * @param when for the log
   */
  private boolean hasReceiver(String when) {
    Spool spool = camel.getRegistry().findSingleByType(Spool.class);
    try {
      if (spool == null
          || spool.devices().isPresent()
          || !new SpoolView(spool).wantingSnapshots(tenant).isEmpty()) {
        return true;
      }
    } catch (IOException e) {
      LOG.debug("not known who wants snapshots", e);
      return true;
    }
    LOG.info(
        "No resync {}: no destination has snapshots: true, and the table of devices is off", when);
    return false;
  }

  /** Called when the intake runs: continues a run that the end of the process interrupted. */
  synchronized void begin(SessionMemory session) {
    platform = Platform.of(camel);
    memory = Optional.of(session);
    gap = session.resyncWanted().filter(wanted -> followsGaps);
    try {
      Optional<ResyncState> last = newest();
      if (last.isPresent() && !last.get().isOver()) {
        LOG.info("Resync {}: goes on after a restart", last.get().run);
        go(last.get());
      } else {
        last.ifPresent(ended -> work = Optional.of(work(ended)));
        startWanted();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("The interrupted resync can't continue, start a new one: {}", FailureText.line(e));
    }
    at.ifPresent(time -> time.every(this::atItsTime, spread(), platform, suffix));
  }

  /** Spreads the tenants of a relay, which would otherwise call the service all at once. */
  private Duration spread() {
    return suffix.isEmpty()
        ? Duration.ZERO
        : Duration.ofSeconds(Math.floorMod(suffix.hashCode(), SPREAD_SECONDS));
  }

  private Optional<ResyncState> newest() throws IOException {
    Optional<ResyncState> general = ResyncState.read(folder(""));
    Optional<ResyncState> single = ResyncState.read(folder("to"));
    return Stream.of(general, single)
        .flatMap(Optional::stream)
        .max(
            java.util.Comparator.comparing((ResyncState state) -> !state.isOver())
                .thenComparing(state -> state.started));
  }

  private Path folder(String to) {
    Path folder = data.resolve("resync");
    return to.isEmpty() ? folder : folder.resolve("to");
  }

  /** Called after a gap was stored: starts a run, now or after the present one. */
  synchronized void follow(Instant endOfGap) {
    gap = Optional.of(endOfGap);
    startWanted();
  }

  private void startWanted() {
    if (gap.isPresent() && !isRunning() && !closed) {
      try {
        start(ResyncRequest.of(GAP), gap.get().plus(delay));
        gap = Optional.empty();
      } catch (IOException e) {
        // a restart tries again
        LOG.error(
            "The resync after the gap can't start until the next start of the relay: {}",
            FailureText.line(e));
      }
    }
  }

  private synchronized boolean atItsTime() {
    String when = "at " + at.orElseThrow();
    if (!closed && hasReceiver(when)) {
      try {
        start(ResyncRequest.of(when));
      } catch (IllegalStateException e) {
        LOG.info("No resync {}: {}", when, e.getMessage());
      }
    }
    return !closed;
  }

  /**
   * Starts a run.
   *
   * @return its progress
   * @throws IllegalStateException if one is under way, the tenant's intake does not run here, or
   *     the run can't be noted on disk
   */
  public synchronized ResyncProgress start(ResyncRequest request) {
    if (memory.isEmpty() || closed) {
      throw new IllegalStateException("the intake of the tenant " + tenant + " does not run here");
    }
    if (isRunning()) {
      ResyncProgress present = work.orElseThrow().progress();
      throw new IllegalStateException(
          "a resync is under way (%s of %s devices): stop it first, or wait"
              .formatted(present.read(), present.expected() == 0 ? "?" : present.expected()));
    }
    try {
      return start(request, Instant.EPOCH);
    } catch (IOException e) {
      throw new IllegalStateException("the resync can't be noted: " + FailureText.line(e), e);
    }
  }

  private ResyncProgress start(ResyncRequest request, Instant notBefore) throws IOException {
    String to = request.to().orElse("");
    ResyncState state = ResyncState.next(ResyncState.read(folder(to)), request, platform.now());
    state.statuses = state.statuses.isEmpty() ? statuses : state.statuses;
    state.all |= all;
    state.notBefore = notBefore.toEpochMilli();
    state.write(folder(to));
    return go(state);
  }

  private ResyncProgress go(ResyncState state) {
    ResyncWork begun = work(state);
    work = Optional.of(begun);
    worker = platform.thread("resync-" + tenant, TenantLog.marked(suffix, () -> run(begun)));
    worker.setDaemon(true);
    worker.start();
    return begun.progress();
  }

  private ResyncWork work(ResyncState state) {
    return new ResyncWork(
        state,
        folder(state.to),
        new ResyncSettings(tenant, delay, ignored),
        new ResyncMeters(Meters.of(camel), Meters.of(camel, tenant), state),
        ResyncTurns.of(camel));
  }

  private void run(ResyncWork mine) {
    try (ProducerTemplate routes = camel.createProducerTemplate();
        KnownFleet fleet = mine.fleet()) {
      FleetReader reader =
          new FleetReader(
              new FleetRoutes(routes, suffix, ignored, platform.clock()),
              rate,
              platform,
              FleetReader.Waits.REAL);
      RoutedLog log = new RoutedLog(routes, suffix, mine.to());
      mine.go(reader, fleet, log, platform, FleetReader.Waits.REAL);
      ended(mine);
    } catch (InterruptedException e) {
      LOG.debug("the run pauses", e);
    } catch (IOException | RuntimeException e) {
      LOG.error("The resync has failed, start a new one: {}", FailureText.line(e));
    }
  }

  private synchronized void ended(ResyncWork mine) {
    worker = null;
    if (closed) {
      return;
    }
    try {
      if (mine.mendsGaps()) {
        Instant began = mine.progress().started();
        gap = gap.filter(end -> end.isAfter(began));
        memory.orElseThrow().resynced(began);
      }
    } catch (IOException e) {
      LOG.debug("another one follows the next start", e);
    }
    startWanted();
  }

  private boolean isRunning() {
    return worker != null;
  }

  /** The present run, or the last one; empty: there was none. */
  public synchronized Optional<ResyncProgress> progress() {
    return work.map(ResyncWork::progress);
  }

  /**
   * Ends the present run; its last event says so. Returns at once.
   *
   * @return false: no run is under way
   */
  public synchronized boolean stop() {
    if (!isRunning()) {
      return false;
    }
    work.orElseThrow().stop();
    worker.interrupt();
    return true;
  }

  /** Pauses the present run; the next start of the relay goes on with it. */
  @Override
  public void close() {
    Thread ending;
    synchronized (this) {
      closed = true;
      ending = worker;
      work.ifPresent(ResyncWork::close);
      if (ending != null) {
        ending.interrupt();
      }
    }
    try {
      if (ending != null) {
        ending.join(CLOSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
