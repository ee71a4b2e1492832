package io.ensrelay.spool.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far a destination is in the log, and the end from which its lanes take events. It is there
 * whether a route reads the destination or not.
 *
 * <p>The lanes share one pass over the log, the front: a lane that needs an event goes on with it,
 * and hands the others theirs. A lane that has no room falls behind: the front goes on without it,
 * and the lane reads its part of the log again when it comes to it. So a lane holds up itself only,
 * and nothing has to be remembered for it but a number.
 *
 * <p>An event of a device always comes to the same lane, in the order of the log. What was taken
 * and not confirmed is taken again: after {@link #giveBack}, and after the end of the process.
 * Threads: safe; a lane is used by one thread at a time.
 */
public final class Cursor {
  /** What a destination may be called: its cursor is a file of that name. */
  public static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

  private static final int TOGETHER = 128;

  /** Events that are looked at for one question how many there are. */
  private static final int COUNTED_AT_ONCE = 200_000;

  private final EventLog log;
  private final String destination;
  private final CursorFile file;
  private final ReentrantLock lock = new ReentrantLock();

  /** The front's pass over the log. */
  private final LogScan scan;

  private volatile String selector;
  private boolean paused;
  private boolean attached;
  private LaneQueue[] lanes = new LaneQueue[0];
  private long front;

  /** What is delivered of what the front passes; all are replaced, never changed. */
  private volatile Choice choice;

  /** Rises when lanes have to forget what they have. */
  private volatile long epoch;

  /** Where the lanes were when they began. */
  private volatile LaneProgress began;

  /** The same, until those have been counted that were left to them. */
  private Optional<LaneProgress> uncounted = Optional.empty();

  /** So many selected events lie between the front and this number. */
  private long counted;

  private long countedTo;

  /** As it was written last; null: that is to be written again. */
  private CursorState written;

  /** What is confirmed below this is on disk; -1: nothing is. */
  private volatile long kept = -1;

  /**
   * @param selection empty: all
   * @param earlier what was delivered when there were other lanes
   * @param replayed what comes again
   */
  private record Choice(
      Optional<EventFilter> selection, List<LaneProgress> earlier, List<LaneProgress> replayed) {}

  /**
   * @param state where it begins
   */
  Cursor(EventLog log, String destination, CursorFile file, CursorState state) throws IOException {
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
      // the route that reads it will say what is wrong; until then all events count as selected
    }
    choice = new Choice(selection, state.earlier(), state.replayed());
    restore(state.confirmed());
  }

  public String destination() {
    return destination;
  }

  /** The text of its selection; empty: it selects all events. */
  public String selector() {
    return selector;
  }

  private Optional<EventFilter> selection(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(log.options().selections().apply(text));
  }

  /**
   * Begins to hand out events to lanes.
   *
   * @throws IllegalArgumentException when the selector can't be read
   * @throws IllegalStateException when lanes take from it already
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

  /** Ends that. */
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

  /** Puts all lanes where this says, without any event in memory. With the lock. */
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

  /** What is confirmed. With the lock. */
  private LaneProgress confirmed() {
    long[] positions = new long[lanes.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = lanes[i].position(front);
    }
    return new LaneProgress(positions);
  }

  /**
   * An event in the hands of a lane.
   *
   * @param epoch of the cursor when it was taken: another one means that the cursor was moved
   */
  public record Taken(StoredEvent event, long epoch) {}

  /**
   * Takes the next event of a lane.
   *
   * @param lane from 0
   * @param millis how long to wait for one; 0: not
   * @return empty when there is none for so long, or the destination is paused
   * @throws IOException when the log can't be read; the call may be made again
   */
  public Optional<Taken> take(int lane, long millis) throws IOException, InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lock();
    try {
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
        if (left <= 0) {
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

  /** Gets the lane an event when there is any. With the lock, which may be let go meanwhile. */
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

  /** Goes on with the front until the lane has enough for a while. */
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

  /** A lane that got on leaves the front to one that waits. */
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

  /** Reads the log again for a lane that is behind, without the lock. */
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

  /** The event where a pass is, if it is to be delivered; a selection that fails is asked again. */
  private Optional<StoredEvent> wantedOrStay(LogScan at, Choice by) throws IOException {
    try {
      return wanted(at, by);
    } catch (RuntimeException e) {
      at.seek(at.number());
      throw e;
    }
  }

  /** The event where a pass is, if it is to be delivered. */
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

  /**
   * Confirms everything that the lane has taken. It survives the end of the process some
   * milliseconds later, and a power cut a second later.
   *
   * @param last what the lane took last; when the cursor was moved since, nothing is confirmed
   */
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

  /** Lets the lane take again, in order, what it has taken and not confirmed. */
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

  /** Tells that these were appended: a lane is woken unless none of them is for it. */
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

  /** Moves the front behind the newest events, if a quick look says that none is selected. */
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
      // it was about a file that is read no longer
    }
    front = scan.position();
    log.cursors().changed();
    return true;
  }

  /** Takes no more events, also after a restart, or does again. What is taken stays taken. */
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

  public boolean isPaused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  /** Whether lanes take from it. */
  public boolean isAttached() {
    lock.lock();
    try {
      return attached;
    } finally {
      lock.unlock();
    }
  }

  public int lanes() {
    lock.lock();
    try {
      return lanes.length;
    } finally {
      lock.unlock();
    }
  }

  /** The number of the first event that is not confirmed. */
  public long position() {
    lock.lock();
    try {
      return confirmed().least();
    } finally {
      lock.unlock();
    }
  }

  /** What a move of the cursor means. */
  private record Move(LaneProgress before, LaneProgress after, Choice old, Choice now) {
    /** Whether an event that was confirmed is not any more. */
    boolean bringsBack(long number, int key) {
      return (before.has(number, key) || LaneProgress.anyHas(old.earlier(), number, key))
          && !after.has(number, key)
          && !LaneProgress.anyHas(now.earlier(), number, key);
    }

    /** Whether an event that was not confirmed now counts as confirmed. */
    boolean leavesOut(long number, int key) {
      return after.has(number, key)
          && !before.has(number, key)
          && !LaneProgress.anyHas(old.earlier(), number, key);
    }
  }

  /** With the lock. */
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

  /** With the lock. */
  private Move ahead(long to) {
    LaneProgress before = confirmed();
    return new Move(before, before.or(to), choice, choice);
  }

  /** How many events a {@link #rewind} to this number would deliver again. */
  public long countRewind(long to) throws IOException {
    return brought(planned(() -> back(Math.max(to, log.first()))));
  }

  /** How many events a {@link #skip} to this number would leave out. */
  public long countSkip(long to) throws IOException {
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
   * Winds the destination back: the events from this number on that it has confirmed are delivered
   * again, once more in order, and say so. What is under way meanwhile is delivered again too.
   *
   * @return how many events are delivered again
   */
  public long rewind(long to) throws IOException {
    Move move;
    synchronized (log.trimming()) {
      move = moved(() -> back(Math.max(to, log.first())));
    }
    log.cursors().writeNow(this);
    return brought(move);
  }

  /**
   * Leaves out the events below this number that are not confirmed.
   *
   * @return how many events are left out
   */
  public long skip(long to) throws IOException {
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

  /** How many selected events there are that fit; without the lock. */
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

  /** The same question as {@link #wanted}, without making the event. */
  private boolean isSelected(LogScan at, Choice by) {
    Optional<String> only = at.destination();
    return only.isPresent()
        ? only.get().equals(destination)
        : by.selection().isEmpty() || by.selection().get().test(at.attributes());
  }

  /**
   * How many events wait for it. Where very many wait for a destination that selects some of them,
   * those that have not been looked at count too.
   */
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

  /** Counts what the lanes that began behind have before them. */
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

  /** Looks which of the next events before the front are selected, some at each call. */
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
    if (by.selection().isEmpty() && by.earlier().isEmpty() && log.lastForOne() < from) {
      // all events from there on are for it
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

  /** What is to be written of it; empty: nothing has changed. With no lock. */
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

  /** Only called by the keeper of all cursors. */
  void write() throws IOException {
    Optional<CursorState> state = unwritten();
    if (state.isPresent()) {
      written = null;
      file.write(state.get());
      written = state.get();
    }
  }

  /** Lets go of a file of events that is deleted. */
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

  /** Only called by the keeper of all cursors, for a file whose name is on disk. */
  void force() throws IOException {
    if (written == null) {
      write();
    }
    try {
      file.force();
    } catch (IOException e) {
      // what the system has done with it nobody knows, and it would not be asked to do it again
      written = null;
      throw e;
    }
    kept = written.confirmed().least();
  }

  /** Events below this are confirmed on disk; -1: nothing is on disk. */
  long kept() {
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
