package io.ensrelay.intake;

import io.ensrelay.base.FailureText;
import io.ensrelay.base.Platform;
import io.ensrelay.intake.ResyncProgress.Phase;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run with its state on disk and its progress for people. Threads: one works; any may read its
 * progress, stop or close it.
 */
final class ResyncWork {
  private static final Logger LOG = LoggerFactory.getLogger(ResyncWork.class);
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long TELL_SECONDS = 60;
  private static final int PAGE = 180;

  private final ResyncState state;
  private final Path folder;
  private final ResyncSettings settings;
  private final ResyncMeters meters;
  private final ResyncTurns turns;
  private final long callsBefore;
  private volatile ResyncProgress progress;
  private volatile Optional<FleetReader> reader = Optional.empty();
  private volatile Optional<Failure> failure = Optional.empty();
  private volatile boolean waitsForTurn;
  private volatile boolean stopped;
  private volatile boolean closed;
  private Instant told = Instant.EPOCH;
  private long toldPercent;

  /** The disk or the event log failed. */
  private record Failure(String why, Instant since) {}

  /**
   * @param folder of its state
   */
  ResyncWork(
      ResyncState state,
      Path folder,
      ResyncSettings settings,
      ResyncMeters meters,
      ResyncTurns turns) {
    this.state = state;
    this.folder = folder;
    this.settings = settings;
    this.meters = meters;
    this.turns = turns;
    callsBefore = state.calls;
    progress = progress(Phase.COMPARING);
    if (state.isOver()) {
      progress = progress(state.stopped ? Phase.STOPPED : Phase.FINISHED);
    }
  }

  KnownFleet fleet() {
    return new KnownFleet(folder.resolve("fleet.db"));
  }

  /** The only destination of the events; empty: all that select them. */
  String to() {
    return state.to;
  }

  /**
   * Whether it mends the gaps before its beginning: it was for all destinations, and not stopped.
   */
  boolean mendsGaps() {
    return state.isOver() && !state.stopped && state.to.isEmpty();
  }

  /**
   * Works to the end.
   *
   * @throws InterruptedException after {@link #close}; the next process continues the run
   */
  void go(
      FleetReader service,
      KnownFleet fleet,
      ResyncLog log,
      Platform platform,
      FleetReader.Waits waits)
      throws InterruptedException {
    reader = Optional.of(service);
    ResyncRun run =
        new ResyncRun(
            state,
            settings,
            service,
            fleet,
            log,
            phase -> reached(phase, platform.now()),
            platform,
            waits);
    boolean hasTurn = false;
    try {
      while (!state.isOver()) {
        try {
          if (!hasTurn && !stopped) {
            awaitTurn();
            hasTurn = true;
            LOG.info(
                "Resync {} ({}) reads the devices with the status {}",
                state.run,
                state.reason,
                String.join(", ", state.statuses));
          }
          tryOn(run, platform, waits);
        } catch (InterruptedException e) {
          if (closed || !stopped) {
            throw e;
          }
        }
      }
    } finally {
      if (hasTurn) {
        turns.end();
      }
    }
    ended();
  }

  private void awaitTurn() throws InterruptedException {
    if (!turns.take()) {
      waitsForTurn = true;
      LOG.info("Resync {} ({}) waits for those of other tenants", state.run, state.reason);
      try {
        turns.await();
      } finally {
        waitsForTurn = false;
      }
    }
  }

  private void tryOn(ResyncRun run, Platform platform, FleetReader.Waits waits)
      throws InterruptedException {
    try {
      if (stopped) {
        run.end("stopped by hand");
      } else {
        run.go();
      }
      failure = Optional.empty();
    } catch (IOException | RuntimeException e) {
      if (closed) {
        throw new InterruptedException();
      }
      String why = FailureText.line(e);
      if (failure.isEmpty()) {
        LOG.warn("Resync {} waits, the relay tries again: {}", state.run, why);
      }
      LOG.debug("not stored", e);
      failure = Optional.of(new Failure(why, failure.map(Failure::since).orElse(platform.now())));
      waits.pass(PAUSE_NANOS);
    }
  }

  private void reached(Phase phase, Instant now) throws IOException {
    long calls = reader.map(FleetReader::calls).orElse(0L);
    state.calls = callsBefore + calls;
    state.write(folder);
    meters.reached(state, calls, reader.map(FleetReader::failures).orElse(0L));
    failure = Optional.empty();
    progress = progress(phase);
    tell(now);
  }

  /** Logs each tenth of the work, at most once a minute. */
  private void tell(Instant now) {
    long percent = state.count <= 0 ? 0 : 100 * Math.min(state.read, state.count) / state.count;
    boolean isNew = percent / 10 > toldPercent / 10 || state.pass > 1;
    if (told.equals(Instant.EPOCH)) {
      told = now;
    } else if (isNew && Duration.between(told, now).toSeconds() >= TELL_SECONDS) {
      told = now;
      toldPercent = percent;
      LOG.info(
          "Resync {}: {} of {} devices read, {} sent, {} calls",
          state.run,
          state.read,
          state.count < 0 ? "an unknown number of" : state.count,
          state.sent,
          state.calls);
    }
  }

  private void ended() {
    meters.ended(state);
    String numbers =
        "%s devices, %s sent, %s unchanged, %s overtaken by events, %s missing; %s calls in %s s"
            .formatted(
                state.read,
                state.sent,
                state.unchanged,
                state.dropped,
                state.missing,
                state.calls,
                (state.finished - state.started) / 1000);
    if (state.stopped) {
      LOG.info("Resync {} is not complete, {}: {}", state.run, state.incomplete, numbers);
    } else if (state.incomplete.isEmpty()) {
      LOG.info("Resync {} is complete: {}", state.run, numbers);
    } else {
      LOG.warn("Resync {} is not complete, {}: {}", state.run, state.incomplete, numbers);
    }
  }

  ResyncProgress progress() {
    ResyncProgress reached = progress;
    if (waitsForTurn) {
      return reached.with(
          Optional.of("waits for the resyncs of other tenants"),
          Optional.empty(),
          Optional.empty());
    }
    return reached.isOver()
        ? reached
        : reached.with(
            failure.map(Failure::why).or(() -> reader.flatMap(FleetReader::trouble)),
            failure.map(Failure::since).or(() -> reader.flatMap(FleetReader::troubleSince)),
            reader.flatMap(FleetReader::next));
  }

  private ResyncProgress progress(Phase phase) {
    return new ResyncProgress(
        state.run,
        state.reason,
        state.statuses,
        text(state.to),
        Instant.ofEpochMilli(state.started),
        phase,
        Math.max(1, state.pass),
        state.read,
        Math.max(0, state.count),
        state.sent,
        state.unchanged,
        state.dropped,
        state.missing,
        state.calls,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        left(phase),
        state.isOver() ? Optional.of(Instant.ofEpochMilli(state.finished)) : Optional.empty(),
        text(state.incomplete));
  }

  private Optional<Duration> left(Phase phase) {
    if (phase != Phase.READING || state.count < 0 || state.statuses.size() > 1) {
      return Optional.empty();
    }
    long pages = Math.max(0, state.count - state.offset + PAGE - 1) / PAGE;
    return reader.map(each -> each.time(pages + 1));
  }

  private static Optional<String> text(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** Somebody ends the run. */
  void stop() {
    stopped = true;
  }

  void close() {
    closed = true;
  }
}
