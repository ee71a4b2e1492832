package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.service.FleetPage;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.FleetLog;
import io.ensrelay.spool.KnownDevice;
import io.ensrelay.spool.KnownFleet;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One resync. What it has done is on disk after each step, and {@link #go} goes on from there.
 *
 * <p>The order: the event of the beginning is stored; what the event log says of the devices is
 * recorded; then come passes. A pass reads all pages, records the log again, asks by name for the
 * known devices that no page has had, and, once the service must show it, for those of which a
 * newer event was stored. There is another pass while the service counts more devices than were
 * found, two pages had nothing in common, or a device is absent that was not absent before.
 * Threads: one.
 */
final class ResyncRun {
  /** Devices that two pages have in common: so many may leave between two calls. */
  private static final int OVERLAP = 20;

  private static final int MOST_PASSES = 5;

  /** Pages in a row without a new device: the service does not heed the offset. */
  private static final int MOST_REPEATS = 3;

  private static final int ASKED_TOGETHER = 100;

  /** Events of a connected session come within this time. */
  private static final Duration ON_THEIR_WAY = Duration.ofSeconds(5);

  /** Devices that have left the fleet are remembered for so long. */
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
  private final FleetBook book;
  private final FleetLog told;
  private int repeats;
  private Set<String> lastPage = Set.of();

  /** Keeps what a run has done, and shows it. */
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
    book = new FleetBook(state, fleet, events, log);
    told = new FleetLog(settings.tenant(), fleet, settings.ignored());
  }

  /** Goes on to the end. An IOException: the disk or the event log failed; call it again. */
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

  /** Records what was last known of each device. */
  private void compare() throws IOException, InterruptedException {
    if (!state.compared && !state.to.isEmpty()) {
      // this destination may know less than the others
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
   * @param run the run whose beginning must be in the log; empty: none is known, all are read
   */
  private boolean record(String run) throws IOException, InterruptedException {
    Instant since = run.isEmpty() ? Instant.EPOCH : Instant.ofEpochMilli(state.markTime);
    return told.record(log.view(), since, events.idOfStart(run), platform.now());
  }

  private void waitUntil(long time) throws InterruptedException {
    long millis = time - platform.now().toEpochMilli();
    if (millis > 0) {
      waits.pass(TimeUnit.MILLISECONDS.toNanos(millis));
    }
  }

  /** Whether the last pass was the last. */
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
    if (!isShort && !state.torn && !anyAbsent && !isEmptied) {
      return true;
    }
    boolean isHopeless = state.pass > 1 && state.news == 0 && !anyAbsent;
    if (state.pass < MOST_PASSES && !isHopeless) {
      return false;
    }
    if (isShort) {
      state.incomplete = "the service counts " + state.count + " devices and returns " + found;
    } else if (state.torn) {
      state.incomplete = "the pages of the service have no device in common where they overlap";
    } else if (isEmptied) {
      state.incomplete = "the service returns no device at all: none is reported as missing";
    } else if (anyAbsent) {
      state.incomplete =
          fleet.absent(state.statuses) + " devices come and go in the pages of the service";
    }
    return true;
  }

  /** Devices of the fleet that this pass has found. */
  private long found() throws IOException {
    return fleet.seenBy(state.number(), state.statuses) + state.nameless;
  }

  private boolean isAnyUnseen() throws IOException {
    return !fleet.unseenBy(state.number(), state.statuses, "", 1).isEmpty();
  }

  /** Begins a pass, or goes on with it. */
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
    steps.reached(ResyncProgress.Phase.READING);
    while (state.status < state.statuses.size()) {
      lastPage = Set.of();
      repeats = 0;
      readStatus(state.statuses.get(state.status));
      state.status++;
      state.offset = 0;
    }
    steps.reached(ResyncProgress.Phase.CHECKING);
    int shortness = shortness();
    askAgain();
    state.shortness = shortness == 0 ? 0 : Math.min(shortness, shortness());
    if (fleet.absent(state.statuses) > 0) {
      // perhaps an event tells that they have left
      waits.pass(ON_THEIR_WAY.toNanos());
      record(state.run);
    }
    state.read = found();
    state.isRead = true;
    steps.reached(ResyncProgress.Phase.CHECKING);
  }

  /**
   * Whether the service counts more devices than were found, on pages, or by name if an event was
   * their first sign.
   *
   * @return 0: no. {@link ResyncState#MAYBE}: it may be, because the service may count devices that
   *     have just left, and not yet those that have just joined, or does not count. {@link
   *     ResyncState#SURELY}: yes
   */
  private int shortness() throws IOException, InterruptedException {
    Instant counted = platform.now();
    count();
    waits.pass(ON_THEIR_WAY.toNanos());
    Instant unsure = counted.minus(settings.delay());
    record(state.run);
    long joined = askForUnseen(unsure.toEpochMilli());
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

  /** Reads the pages of devices with a status. */
  private void readStatus(String status) throws IOException, InterruptedException {
    boolean goesOn = true;
    while (goesOn) {
      if (told.isOlderThan(settings.delay(), platform.now())) {
        // so that an event is known when a page shows what it has told
        record(state.run);
      }
      FleetPage page = service.page(status, state.offset);
      int fresh = book.enter(page, true);
      goesOn = goesOn(page, fresh);
      if (goesOn) {
        state.offset += advance(page.devices().size());
        steps.reached(ResyncProgress.Phase.READING);
      }
    }
  }

  /**
   * @param fresh devices that no page of this pass has had
   */
  private boolean goesOn(FleetPage page, int fresh) throws IOException {
    Set<String> ids = new HashSet<>();
    page.devices().forEach(device -> device.digest().id().ifPresent(ids::add));
    if (page.devices().isEmpty()) {
      return false;
    }
    boolean isFull =
        page.devices().size() >= Math.min(service.limit(), page.limit().orElse(Integer.MAX_VALUE));
    boolean hasAll = state.statuses.size() == 1 && state.count >= 0 && found() >= state.count;
    state.torn |= !lastPage.isEmpty() && ids.stream().noneMatch(lastPage::contains);
    lastPage = ids;
    if (fresh > 0) {
      repeats = 0;
      // a service with smaller pages than asked for does not always say so
      return isFull || !hasAll;
    }
    repeats++;
    boolean isStuck = repeats >= MOST_REPEATS;
    state.torn |= isStuck && !hasAll;
    return isFull && !hasAll && !isStuck;
  }

  private static int advance(int devices) {
    return Math.max(1, devices - Math.min(OVERLAP, devices / 2));
  }

  /**
   * Asks for the known devices that no page has had.
   *
   * @return those found of which an event later than this was stored
   */
  private long askForUnseen(long later) throws IOException, InterruptedException {
    long found = 0;
    boolean listsAny = fleet.seenBy(state.number(), state.statuses) > 0;
    String after = "";
    while (true) {
      List<KnownDevice> unseen =
          fleet.unseenBy(state.number(), state.statuses, after, ASKED_TOGETHER);
      if (unseen.isEmpty()) {
        return found;
      }
      after = unseen.get(unseen.size() - 1).id();
      Set<String> answered = ask(unseen, listsAny);
      found +=
          unseen.stream()
              .filter(each -> each.time() > later && answered.contains(each.id()))
              .count();
      steps.reached(ResyncProgress.Phase.CHECKING);
    }
  }

  /** Asks for devices of which a newer event was stored, once the service must show that. */
  private void askAgain() throws IOException, InterruptedException {
    while (true) {
      List<KnownDevice> again = fleet.again(ASKED_TOGETHER);
      if (again.isEmpty()) {
        return;
      }
      waitUntil(again.get(again.size() - 1).again());
      // it is done even if the service refuses to look for them
      fleet.put(again.stream().map(each -> each.askedAgain(KnownDevice.DONE)).toList(), List.of());
      ask(again.stream().map(each -> each.askedAgain(KnownDevice.DONE)).toList(), true);
      steps.reached(ResyncProgress.Phase.CHECKING);
    }
  }

  /**
   * @param mayBeGone whether devices that the service does not know count as absent
   * @return ids of those that it knows
   */
  private Set<String> ask(List<KnownDevice> devices, boolean mayBeGone)
      throws IOException, InterruptedException {
    Set<String> found = new HashSet<>();
    for (boolean isGuid : List.of(true, false)) {
      List<KnownDevice> left =
          new ArrayList<>(devices.stream().filter(each -> each.isGuid() == isGuid).toList());
      while (!left.isEmpty()) {
        Optional<FleetReader.Found> answer =
            service.find(isGuid, left.stream().map(KnownDevice::id).toList());
        List<KnownDevice> asked = left.subList(0, answer.map(a -> a.asked().size()).orElse(1));
        if (answer.isPresent()) {
          FleetPage page = answer.get().page();
          page.devices().forEach(device -> device.digest().id().ifPresent(found::add));
          book.enter(page, false);
          if (mayBeGone) {
            book.absent(
                asked.stream().filter(each -> !found.contains(each.id())).toList(), page.asked());
          }
        }
        asked.clear();
      }
    }
    return found;
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
   * Stores the event of the end.
   *
   * @param why it ends before it is complete; empty: it does not
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
