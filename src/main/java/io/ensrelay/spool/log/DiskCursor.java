package io.ensrelay.spool.log;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A cursor of the log on disk.
 *
 * <p>The lanes share one pass over the log, the front: a lane that needs an event advances the
 * front and queues the other lanes' events. A lane with a full queue falls behind: the front
 * advances without it, and the lane reads its part of the log again later. So a slow lane delays
 * only itself and needs only one number in memory.
 *
 * <p>Threads: safe; one thread at a time per lane.
 */
public final class DiskCursor implements Cursor {

  private static final int TOGETHER = 128;

  /** Limits of a look ahead: bytes, and how many events are tested for one that is selected. */
  private static final long MOST_AHEAD_BYTES = 4 << 20;

  private static final int LOOKED_AT_PER_EVENT = 4;

  /** Most events that one call tests in order to count the waiting ones. */
  private static final int COUNTED_AT_ONCE = 200_000;

  private final DiskLog log;
  private final String destination;
  private final CursorFile file;
  private final ReentrantLock lock = new ReentrantLock();

  /** The front: the shared pass over the log. */
  private final LogScan scan;

  private volatile String selector;
  private boolean paused;
  private boolean attached;
  private LaneQueue[] lanes = new LaneQueue[0];
  private long front;

  /** Decides which of the front's events are delivered; replaced as a whole, never modified. */
  private volatile Choice choice;

  /** Incremented when the cursor moves: lanes then discard the events they hold. */
  private volatile long epoch;

  /** Positions of the lanes when the cursor was last moved. */
  private volatile LaneProgress began;

  /** The same, until the events between these positions and the front are counted. */
  private Optional<LaneProgress> uncounted = Optional.empty();

  /** Number of selected events from the front up to {@link #countedTo}. */
  private long counted;

  private long countedTo;

  /** Incremented to end the waits of all lanes. */
  private long wakes;

  /** State last written; null: it must be written again. */
  private CursorState written;

  /** Events below this are confirmed on disk; -1: nothing is on disk. */
  private volatile long kept = -1;

  /**
   * @param selection empty: all events
   * @param earlier progress made with other numbers of lanes; not delivered again
   * @param replayed progress before a rewind; delivered again, marked as replay
   */
  private record Choice(
      Optional<EventFilter> selection, List<LaneProgress> earlier, List<LaneProgress> replayed) {}

  /**
   * @param state the initial state
   */
  DiskCursor(DiskLog log, String destination, CursorFile file, CursorState state)
      throws IOException {
    this.log = log;
    this.destination = destination;
    this.file = file;
    scan = log.scan(0);
    selector = state.selector();
    paused = state.paused();
    Optional<EventFilter> selection = Optional.empty();
    try {
      selection = selection(selector);
    } catch (IllegalArgumentException e) {
      // attaching a route reports the error; until then all events count as selected
    }
    choice = new Choice(selection, state.earlier(), state.replayed());
    restore(state.confirmed());
  }

  @Override
  public String destination() {
    return destination;
  }

  @Override
  public String selector() {
    return selector;
  }

  /** Whether it belongs to one of the relay's own readers. */
  boolean isOwn() {
    return destination.matches(OWN);
  }

  private Optional<EventFilter> selection(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(log.options().selections().apply(text));
  }

  /**
   * Starts to hand out events to lanes.
   *
   * @throws IllegalArgumentException if the selector is invalid
   * @throws IllegalStateException if a route already reads the destination
   */
  void attach(int numberOfLanes, String newSelector) throws IOException {
    Optional<EventFilter> selection = selection(newSelector);
    lock.lock();
    try {
      if (attached) {
        throw new IllegalStateException("two routes read the destination " + destination);
      }
      LaneProgress now = confirmed();
      List<LaneProgress> earlier = choice.earlier();
      if (numberOfLanes != now.lanes()) {
        earlier = now.least() < now.most() ? with(earlier, now) : earlier;
        now = LaneProgress.at(now.least(), numberOfLanes);
      }
      selector = newSelector;
      choice = new Choice(selection, earlier, choice.replayed());
      restore(now);
      attached = true;
    } finally {
      lock.unlock();
    }
    log.cursors().changed();
  }

  @Override
  public void detach() throws IOException {
    lock.lock();
    try {
      attached = false;
      restore(confirmed());
    } finally {
      lock.unlock();
    }
  }

  private static List<LaneProgress> with(List<LaneProgress> all, LaneProgress another) {
    List<LaneProgress> more = new ArrayList<>();
    LaneProgress merged = another;
    for (LaneProgress each : all) {
      if (each.lanes() == another.lanes()) {
        merged = merged.or(each);
      } else {
        more.add(each);
      }
    }
    more.add(merged);
    return List.copyOf(more);
  }

  /** Moves all lanes to these positions and drops their queues. Caller holds the lock. */
  private void restore(LaneProgress progress) throws IOException {
    epoch++;
    front = progress.most();
    scan.seek(front);
    countedTo = front;
    counted = 0;
    for (LaneQueue lane : lanes) {
      lane.ready.signalAll();
    }
    lanes = new LaneQueue[progress.lanes()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new LaneQueue(lock.newCondition());
      if (progress.positions()[i] < front) {
        lanes[i].beginBehind(progress.positions()[i]);
      }
    }
    began = progress;
    uncounted = progress.least() < front ? Optional.of(progress) : Optional.empty();
  }

  /** The confirmed positions. Caller holds the lock. */
  private LaneProgress confirmed() {
    long[] positions = new long[lanes.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = lanes[i].position(front);
    }
    return new LaneProgress(positions);
  }

  @Override
  public Optional<Taken> take(int lane, long millis) throws IOException, InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lock();
    try {
      long woken = wakes;
      while (true) {
        if (lane >= lanes.length) {
          throw new IllegalStateException(destination + " has no lane " + lane);
        }
        LaneQueue own = lanes[lane];
        if (!paused && attached) {
          long before = epoch;
          seek(own, lane);
          if (epoch != before) {
            continue;
          }
          if (!own.isEmpty()) {
            StoredEvent event = own.take();
            letAnotherGoOn();
            return Optional.of(new Taken(event, epoch));
          }
        }
        if (left <= 0 || woken != wakes) {
          return Optional.empty();
        }
        own.waits = true;
        try {
          left = own.ready.awaitNanos(left);
        } finally {
          own.waits = false;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** {@inheritDoc} A lane that is behind shows only what it has read already. */
  @Override
  public List<StoredEvent> ahead(int most) throws IOException {
    List<StoredEvent> events = new ArrayList<>();
    Choice by;
    long from;
    lock.lock();
    try {
      if (paused || !attached) {
        return events;
      }
      for (LaneQueue lane : lanes) {
        events.addAll(lane.queued());
      }
      by = choice;
      from = front;
    } finally {
      lock.unlock();
    }
    events.sort(Comparator.comparingLong(StoredEvent::number));
    long bytes = events.stream().mapToLong(StoredEvent::size).sum();
    long end = Math.min(log.end(), from + (long) most * LOOKED_AT_PER_EVENT);
    try (LogScan at = log.scan(from)) {
      while (events.size() < most && bytes < MOST_AHEAD_BYTES && at.next(end)) {
        Optional<StoredEvent> event = at.damage().isPresent() ? Optional.empty() : wanted(at, by);
        event.ifPresent(events::add);
        bytes += event.map(StoredEvent::size).orElse(0);
      }
    }
    return events;
  }

  @Override
  public void wakeLanes() {
    lock.lock();
    try {
      wakes++;
      for (LaneQueue lane : lanes) {
        lane.ready.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Queues available events for the lane. Caller holds the lock, which this may release. */
  private void seek(LaneQueue own, int lane) throws IOException {
    long before = epoch;
    while (own.isEmpty() && epoch == before && (own.isBehind() || front < log.end())) {
      if (own.isBehind()) {
        fetch(own, lane);
      } else {
        goOn(own);
      }
    }
  }

  /** Advances the front by some events, or until the lane's queue is full. */
  private void goOn(LaneQueue own) throws IOException {
    try {
      for (int i = 0; i < TOGETHER && !own.isFull() && scan.next(log.end()); i++) {
        Optional<StoredEvent> event = wantedOrStay(scan, choice);
        if (event.isPresent()) {
          LaneQueue lane = lanes[StoredEvent.lane(event.get().key(), lanes.length)];
          lane.offer(event.get());
          if (lane.waits) {
            lane.ready.signal();
          }
          if (event.get().number() < countedTo && scan.damage().isEmpty()) {
            counted--;
          }
        }
      }
    } finally {
      front = scan.position();
      log.cursors().changed();
    }
  }

  /** Wakes a waiting lane to advance the front. */
  private void letAnotherGoOn() {
    if (front < log.end()) {
      wakeOne();
    }
  }

  private void wakeOne() {
    for (LaneQueue lane : lanes) {
      if (lane.waits) {
        lane.ready.signal();
        return;
      }
    }
  }

  /** Reads the log again for a lane that is behind; releases the lock meanwhile. */
  private void fetch(LaneQueue own, int lane) throws IOException {
    Choice now = choice;
    long before = epoch;
    long end = front;
    int of = lanes.length;
    List<StoredEvent> events = new ArrayList<>();
    LogScan mine = log.scan(own.next());
    lock.unlock();
    try (mine) {
      long bytes = 0;
      while (events.size() < TOGETHER
          && bytes < TOGETHER << 10
          && epoch == before
          && mine.next(end)) {
        if (mine.damage().isPresent() || StoredEvent.lane(mine.key(), of) == lane) {
          Optional<StoredEvent> event =
              wantedOrStay(mine, now).filter(e -> StoredEvent.lane(e.key(), of) == lane);
          if (event.isPresent()) {
            events.add(event.get());
            bytes += event.get().size();
          }
        }
      }
    } finally {
      lock.lock();
      own.fetched(events, mine.position(), front);
    }
    log.cursors().changed();
  }

  /** Like {@link #wanted}; if the selection fails, the pass returns to the event. */
  private Optional<StoredEvent> wantedOrStay(LogScan at, Choice by) throws IOException {
    try {
      return wanted(at, by);
    } catch (RuntimeException e) {
      at.seek(at.number());
      throw e;
    }
  }

  /** The event at the pass's position; empty: it is not to be delivered. */
  private Optional<StoredEvent> wanted(LogScan at, Choice by) throws IOException {
    if (at.damage().isPresent()) {
      Damage damage = at.damage().get();
      return Optional.of(log.told(damage, began.keyBelow(damage.to())));
    }
    Optional<String> only = at.destination();
    if (only.isPresent() && !only.get().equals(destination)) {
      return Optional.empty();
    }
    long number = at.number();
    int key = at.key();
    if (LaneProgress.anyHas(by.earlier(), number, key)) {
      return Optional.empty();
    }
    Map<String, Object> attributes = at.attributes();
    if (only.isEmpty() && by.selection().isPresent() && !by.selection().get().test(attributes)) {
      return Optional.empty();
    }
    StoredEvent event = at.event(attributes);
    return Optional.of(LaneProgress.anyHas(by.replayed(), number, key) ? event.again() : event);
  }

  @Override
  public Optional<StoredEvent> newest(int among) throws IOException {
    Optional<EventFilter> selection = choice.selection();
    Optional<StoredEvent> newest = Optional.empty();
    long end = log.end();
    try (LogScan at = log.scan(Math.max(log.first(), end - among))) {
      while (at.next(end)) {
        boolean isOurs = at.destination().map(destination::equals).orElse(true);
        if (at.damage().isEmpty() && isOurs) {
          Map<String, Object> attributes = at.attributes();
          if (selection.isEmpty() || selection.get().test(attributes)) {
            newest = Optional.of(at.event(attributes));
          }
        }
      }
    }
    return newest;
  }

  /**
   * {@inheritDoc} It survives a crash of the process after some milliseconds, and a power cut after
   * a second.
   */
  @Override
  public void confirm(int lane, Taken last) {
    lock.lock();
    try {
      if (last.epoch() == epoch) {
        lanes[lane].confirm();
      }
    } finally {
      lock.unlock();
    }
    log.cursors().changed();
  }

  @Override
  public void giveBack(int lane, Taken last) {
    lock.lock();
    try {
      if (last.epoch() == epoch) {
        lanes[lane].giveBack();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Reports appended events; wakes a lane unless none of them is for this destination. */
  void wake(List<StoredEvent> appended) {
    lock.lock();
    try {
      if (!passesAllOf(appended)) {
        wakeOne();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Moves the front past the newest events if a quick test selects none of them. */
  private boolean passesAllOf(List<StoredEvent> newest) {
    Choice by = choice;
    if (newest.isEmpty()
        || newest.get(0).number() != front
        || !by.earlier().isEmpty()
        || by.selection().filter(EventFilter::isQuick).isEmpty()) {
      return false;
    }
    for (StoredEvent event : newest) {
      if (event.destination().isEmpty()
          ? by.selection().get().test(event.attributes())
          : event.destination().get().equals(destination)) {
        return false;
      }
    }
    try {
      scan.seek(front + newest.size());
    } catch (IOException e) {
      // closing a file that is no longer read has failed
    }
    front = scan.position();
    log.cursors().changed();
    return true;
  }

  @Override
  public void pause(boolean pauses) throws IOException {
    lock.lock();
    try {
      paused = pauses;
      for (LaneQueue lane : lanes) {
        lane.ready.signalAll();
      }
    } finally {
      lock.unlock();
    }
    log.cursors().writeNow(this);
  }

  @Override
  public boolean isPaused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isAttached() {
    lock.lock();
    try {
      return attached;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int lanes() {
    lock.lock();
    try {
      return lanes.length;
    } finally {
      lock.unlock();
    }
  }

  /** Number of the first unconfirmed event. */
  long position() {
    lock.lock();
    try {
      return confirmed().least();
    } finally {
      lock.unlock();
    }
  }

  /** Progress and choice before and after a move of the cursor. */
  private record Move(LaneProgress before, LaneProgress after, Choice old, Choice now) {
    /** Whether a confirmed event becomes unconfirmed. */
    boolean bringsBack(long number, int key) {
      return (before.has(number, key) || LaneProgress.anyHas(old.earlier(), number, key))
          && !after.has(number, key)
          && !LaneProgress.anyHas(now.earlier(), number, key);
    }

    /** Whether an unconfirmed event becomes confirmed. */
    boolean leavesOut(long number, int key) {
      return after.has(number, key)
          && !before.has(number, key)
          && !LaneProgress.anyHas(old.earlier(), number, key);
    }
  }

  /** Caller holds the lock. */
  private Move back(long to) {
    LaneProgress before = confirmed();
    Choice old = choice;
    List<LaneProgress> replayed = with(old.replayed(), before);
    for (LaneProgress each : old.earlier()) {
      replayed = with(replayed, each);
    }
    List<LaneProgress> earlier = old.earlier().stream().map(each -> each.and(to)).toList();
    return new Move(before, before.and(to), old, new Choice(old.selection(), earlier, replayed));
  }

  /** Caller holds the lock. */
  private Move ahead(long to) {
    LaneProgress before = confirmed();
    return new Move(before, before.or(to), choice, choice);
  }

  @Override
  public long rewind(Place from, boolean onlyCount) throws IOException {
    long to = log.search().number(from, log.first());
    return onlyCount ? countRewind(to) : rewind(to);
  }

  @Override
  public long skip(Place until, boolean onlyCount) throws IOException {
    long to = log.search().number(until, log.end());
    return onlyCount ? countSkip(to) : skip(to);
  }

  @Override
  public Optional<Instant> oldest() throws IOException {
    return log.search().receivedAt(position());
  }

  /** Number of events that a {@link #rewind(long)} to this number would deliver again. */
  long countRewind(long to) throws IOException {
    return brought(planned(() -> back(Math.max(to, log.first()))));
  }

  /** Number of events that a {@link #skip(long)} to this number would skip. */
  long countSkip(long to) throws IOException {
    return leftOut(planned(() -> ahead(Math.min(to, log.end()))));
  }

  private interface Plan {
    Move make();
  }

  private Move planned(Plan plan) {
    lock.lock();
    try {
      return plan.make();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Rewinds the destination: its confirmed events from this number on are delivered again, in order
   * and marked as replay. Events in flight are redelivered too.
   *
   * @return number of events to deliver again
   */
  long rewind(long to) throws IOException {
    Move move;
    synchronized (log.deleting()) {
      move = moved(() -> back(Math.max(to, log.first())));
    }
    log.cursors().writeNow(this);
    return brought(move);
  }

  /**
   * Skips the unconfirmed events below this number.
   *
   * @return number of skipped events
   */
  long skip(long to) throws IOException {
    Move move = moved(() -> ahead(Math.min(to, log.end())));
    log.cursors().writeNow(this);
    return leftOut(move);
  }

  private Move moved(Plan plan) throws IOException {
    lock.lock();
    try {
      Move move = plan.make();
      choice = move.now();
      restore(move.after());
      return move;
    } finally {
      lock.unlock();
    }
  }

  private long brought(Move move) throws IOException {
    long to = Math.max(move.before().most(), most(move.old().earlier()));
    return count(move.after().least(), to, move.old(), move::bringsBack);
  }

  private long leftOut(Move move) throws IOException {
    return count(move.before().least(), move.after().most(), move.old(), move::leavesOut);
  }

  private static long most(List<LaneProgress> all) {
    return all.stream().mapToLong(LaneProgress::most).max().orElse(0);
  }

  private interface Which {
    boolean test(long number, int key);
  }

  /** Counts the selected events that fit. Caller does not hold the lock. */
  private long count(long from, long to, Choice by, Which which) throws IOException {
    long count = 0;
    try (LogScan pass = log.scan(from)) {
      while (pass.next(Math.min(to, log.end()))) {
        if (pass.damage().isEmpty()
            && isSelected(pass, by)
            && which.test(pass.number(), pass.key())) {
          count++;
        }
      }
    }
    return count;
  }

  /** Tests destination and selection as {@link #wanted} does, without creating the event. */
  private boolean isSelected(LogScan at, Choice by) {
    Optional<String> only = at.destination();
    return only.isPresent()
        ? only.get().equals(destination)
        : by.selection().isEmpty() || by.selection().get().test(at.attributes());
  }

  /**
   * {@inheritDoc} It includes untested events only if very many wait for a destination that selects
   * some, or if the destination selects all events of the service.
   */
  @Override
  public long backlog() throws IOException {
    countThoseLeft();
    countAhead();
    lock.lock();
    try {
      long waiting = 0;
      for (LaneQueue lane : lanes) {
        waiting += lane.waiting();
      }
      long from = Math.max(front, countedTo);
      return waiting + counted + Math.max(0, log.end() - from);
    } finally {
      lock.unlock();
    }
  }

  /** Counts the events left to lanes that began behind the front. */
  private void countThoseLeft() throws IOException {
    LaneProgress began;
    long to;
    Choice by;
    long before;
    lock.lock();
    try {
      if (uncounted.isEmpty()) {
        return;
      }
      began = uncounted.get();
      to = began.most();
      by = choice;
      before = epoch;
    } finally {
      lock.unlock();
    }
    long[] left = new long[began.lanes()];
    count(
        began.least(),
        to,
        by,
        (number, key) -> {
          int lane = StoredEvent.lane(key, left.length);
          boolean fits =
              number >= began.positions()[lane] && !LaneProgress.anyHas(by.earlier(), number, key);
          left[lane] += fits ? 1 : 0;
          return fits;
        });
    lock.lock();
    try {
      if (epoch == before) {
        uncounted = Optional.empty();
        for (int i = 0; i < left.length; i++) {
          lanes[i].count(left[i]);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts the selected events after the front, a limited number per call. */
  private void countAhead() throws IOException {
    Choice by;
    long from;
    long before;
    lock.lock();
    try {
      if (countedTo < front) {
        countedTo = front;
        counted = 0;
      }
      by = choice;
      from = countedTo;
      before = epoch;
    } finally {
      lock.unlock();
    }
    boolean takesAll = by.selection().map(EventFilter::takesAllOfTheService).orElse(true);
    if (takesAll && by.earlier().isEmpty() && log.lastForOne() < from) {
      // the destination selects every event from there on
      return;
    }
    long to = Math.min(log.end(), from + COUNTED_AT_ONCE);
    long events =
        count(from, to, by, (number, key) -> !LaneProgress.anyHas(by.earlier(), number, key));
    lock.lock();
    try {
      if (epoch == before && countedTo == from && front <= from) {
        countedTo = to;
        counted += events;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The state to write; empty: it has not changed. Caller does not hold the lock. */
  Optional<CursorState> unwritten() {
    lock.lock();
    try {
      LaneProgress confirmed = confirmed();
      long least = confirmed.least();
      choice =
          new Choice(
              choice.selection(), above(choice.earlier(), least), above(choice.replayed(), least));
      CursorState now =
          new CursorState(selector, paused, confirmed, choice.earlier(), choice.replayed());
      return now.equals(written) ? Optional.empty() : Optional.of(now);
    } finally {
      lock.unlock();
    }
  }

  private static List<LaneProgress> above(List<LaneProgress> all, long number) {
    for (LaneProgress each : all) {
      if (each.most() <= number) {
        return all.stream().filter(other -> other.most() > number).toList();
      }
    }
    return all;
  }

  /** Called by {@link Cursors} only. */
  void write() throws IOException {
    Optional<CursorState> state = unwritten();
    if (state.isPresent()) {
      written = null;
      file.write(state.get());
      written = state.get();
    }
  }

  /** Closes a deleted segment. */
  void leave(Segment deleted) throws IOException {
    lock.lock();
    try {
      scan.leave(deleted);
    } finally {
      lock.unlock();
    }
  }

  CursorFile file() {
    return file;
  }

  /** Called by {@link Cursors} only, when the file's name is on disk. */
  void force() throws IOException {
    if (written == null) {
      write();
    }
    try {
      file.force();
    } catch (IOException e) {
      // the content on disk is unknown, and a second force alone would not write it again
      written = null;
      throw e;
    }
    kept = written.confirmed().least();
  }

  /** Events below this are confirmed on disk; -1: nothing is on disk. */
  long persisted() {
    return kept;
  }

  void close() throws IOException {
    lock.lock();
    try {
      attached = false;
      for (LaneQueue lane : lanes) {
        lane.ready.signalAll();
      }
      scan.close();
    } finally {
      lock.unlock();
    }
    file.close();
  }
}
