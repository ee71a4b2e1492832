package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.FleetRecorder;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * One resync. Each step saves its progress on disk, and {@link #go} continues from there.
 *
 * <p>A run stores its first event, records the states of the devices from the event log, and then
 * makes passes. A pass reads all pages, records the log again, and asks by name for known devices:
 * those that were on no page, and later, when the service must show their change, those with a
 * newer event. Another pass follows while the service counts more devices than were found,
 * neighbouring pages share no device, or a device is absent for the first time. Threads: one.
 */
final class ResyncRun {
  private static final int MOST_PASSES = 5;

  /** Events reach a connected session within this time. */
  private static final Duration ON_THEIR_WAY = Duration.ofSeconds(5);

  /** How long devices that have left the fleet are remembered. */
  private static final Duration OTHERS_KEPT = Duration.ofDays(30);

  private final ResyncState state;
  private final ResyncSettings settings;
  private final FleetReader service;
  private final KnownFleet fleet;
  private final ResyncLog log;
  private final Steps steps;
  private final Platform platform;
  private final FleetReader.Waits waits;
  private final ResyncEvents events;
  private final FleetRecorder recorder;
  private final FleetPages pages;
  private final FleetSearch search;

  /** Saves and shows the progress of a run. */
  interface Steps {
    /** The run's state has changed; returns when it is on disk. */
    void reached(ResyncProgress.Phase phase) throws IOException;
  }

  ResyncRun(
      ResyncState state,
      ResyncSettings settings,
      FleetReader service,
      KnownFleet fleet,
      ResyncLog log,
      Steps steps,
      Platform platform,
      FleetReader.Waits waits) {
    this.state = state;
    this.settings = settings;
    this.service = service;
    this.fleet = fleet;
    this.log = log;
    this.steps = steps;
    this.platform = platform;
    this.waits = waits;
    events = new ResyncEvents(settings.tenant(), settings.delay());
    recorder = new FleetRecorder(settings.tenant(), fleet, settings.ignored());
    FleetChanges changes =
        new FleetChanges(state, fleet, events, log, () -> platform.now().plus(settings.delay()));
    pages = new FleetPages(state, service, fleet, changes, this::pageIsNext);
    search = new FleetSearch(state, service, fleet, changes, steps);
  }

  /** Works to the end. Call it again after an IOException: the disk or the event log failed. */
  void go() throws IOException, InterruptedException {
    steps.reached(ResyncProgress.Phase.COMPARING);
    log.store(List.of(events.started(state)));
    compare();
    waitUntil(state.notBefore);
    while (!isComplete()) {
      pass();
    }
    finish();
  }

  /** Records the last known state of each device. */
  private void compare() throws IOException, InterruptedException {
    if (!state.compared && !state.to.isEmpty()) {
      // this destination may have received fewer events than the others
      fleet.clear();
    }
    String mark = state.compared ? state.run : state.markRun;
    boolean reaches = record(mark);
    if (state.compared && reaches) {
      return;
    }
    if (!reaches) {
      fleet.forgetStates();
      state.nothingKnown = true;
    }
    fleet.beginRun();
    state.compared = true;
    state.markRun = state.run;
    state.markTime = state.started;
    steps.reached(ResyncProgress.Phase.COMPARING);
  }

  /**
   * Records events.
   *
   * @param run the run whose first event must be in the log; empty: no run is known, and all events
   *     are read
   */
  private boolean record(String run) throws IOException, InterruptedException {
    Instant since = run.isEmpty() ? Instant.EPOCH : Instant.ofEpochMilli(state.markTime);
    return recorder.record(log.view(), since, events.idOfStart(run), platform.now());
  }

  private void waitUntil(long time) throws InterruptedException {
    long millis = time - platform.now().toEpochMilli();
    if (millis > 0) {
      waits.pass(TimeUnit.MILLISECONDS.toNanos(millis));
    }
  }

  /** Whether no other pass must follow. */
  private boolean isComplete() throws IOException, InterruptedException {
    if (state.pass == 0) {
      count();
      return false;
    }
    if (!state.isRead) {
      return false;
    }
    long found = found();
    boolean anyAbsent = fleet.absent(state.statuses) > 0;
    boolean isEmptied = found == 0 && isAnyUnseen();
    boolean isShort =
        state.shortness == ResyncState.SURELY
            || state.shortness == ResyncState.MAYBE && state.pass == 1;
    // if all counted devices were found, none was skipped between two pages
    boolean isTorn = state.torn && (state.shortness > 0 || state.pass == 1);
    if (!isShort && !isTorn && !anyAbsent && !isEmptied) {
      return true;
    }
    boolean isHopeless = state.pass > 1 && state.news == 0 && !anyAbsent;
    if (state.pass < MOST_PASSES && !isHopeless) {
      return false;
    }
    if (isShort) {
      state.incomplete = "the service counts " + state.count + " devices and returns " + found;
    } else if (isTorn) {
      state.incomplete = "the pages of the service have no device in common where they overlap";
    } else if (isEmptied) {
      state.incomplete = "the service returns no device at all: none is reported as missing";
    } else if (anyAbsent) {
      state.incomplete =
          fleet.absent(state.statuses) + " devices come and go in the pages of the service";
    }
    return true;
  }

  /** Number of devices of the fleet that this pass has found. */
  private long found() throws IOException {
    return fleet.seenBy(state.number(), state.statuses) + state.nameless;
  }

  private boolean isAnyUnseen() throws IOException {
    return !fleet.unseenBy(state.number(), state.statuses, "", 1).isEmpty();
  }

  /** Begins a pass, or continues the present one. */
  private void pass() throws IOException, InterruptedException {
    if (state.pass == 0 || state.isRead) {
      state.pass++;
      state.status = 0;
      state.offset = 0;
      state.isRead = false;
      state.torn = false;
      state.nameless = 0;
      state.news = 0;
    }
    pages.read();
    steps.reached(ResyncProgress.Phase.CHECKING);
    int shortness = shortness();
    search.again(this::waitUntil);
    state.shortness = shortness == 0 ? 0 : Math.min(shortness, shortness());
    if (fleet.absent(state.statuses) > 0) {
      // an event may report that they have left
      waits.pass(ON_THEIR_WAY.toNanos());
      record(state.run);
    }
    state.read = found();
    state.isRead = true;
    steps.reached(ResyncProgress.Phase.CHECKING);
  }

  private void pageIsNext() throws IOException, InterruptedException {
    if (recorder.isOlderThan(settings.delay(), platform.now())) {
      // an event must be known before a page shows its change
      record(state.run);
    }
    steps.reached(ResyncProgress.Phase.READING);
  }

  /**
   * Whether the service counts more devices than were found on pages and by name.
   *
   * @return 0: no. {@link ResyncState#MAYBE}: perhaps, because the service may count devices that
   *     have just left, omit devices that have just joined, or not count at all. {@link
   *     ResyncState#SURELY}: yes
   */
  private int shortness() throws IOException, InterruptedException {
    Instant counted = platform.now();
    count();
    waits.pass(ON_THEIR_WAY.toNanos());
    Instant unsure = counted.minus(settings.delay());
    record(state.run);
    long joined = search.unseen(unsure.toEpochMilli());
    long found = found();
    if (state.count < 0) {
      return ResyncState.MAYBE;
    }
    if (state.count <= found - joined) {
      return 0;
    }
    long left = fleet.leftSince(unsure.toEpochMilli(), state.number(), state.statuses);
    return state.count <= found + left ? ResyncState.MAYBE : ResyncState.SURELY;
  }

  private void count() throws InterruptedException {
    long sum = 0;
    for (String status : state.statuses) {
      OptionalLong count = service.count(status);
      sum = count.isPresent() && sum >= 0 ? sum + count.getAsLong() : -1;
    }
    state.count = sum;
  }

  private void finish() throws IOException, InterruptedException {
    fleet.forgetOthers(state.statuses, platform.now().minus(OTHERS_KEPT).toEpochMilli());
    end("");
  }

  /**
   * Stores the last event.
   *
   * @param why it ends early; empty: it is complete
   */
  void end(String why) throws IOException, InterruptedException {
    if (!why.isEmpty()) {
      state.incomplete = why;
      state.stopped = true;
    }
    steps.reached(ResyncProgress.Phase.CHECKING);
    state.finished = platform.now().toEpochMilli();
    boolean isStored = false;
    try {
      log.store(List.of(events.finished(state)));
      isStored = true;
    } finally {
      state.finished = isStored ? state.finished : 0;
    }
    steps.reached(state.stopped ? ResyncProgress.Phase.STOPPED : ResyncProgress.Phase.FINISHED);
  }
}
