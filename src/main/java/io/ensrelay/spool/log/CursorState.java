package io.ensrelay.spool.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A destination's state on disk.
 *
 * @param selector text of the selection; empty: all events
 * @param paused true: it takes no events until it is resumed
 * @param confirmed progress past confirmed, skipped and unselected events
 * @param earlier progress made with other numbers of lanes; not delivered again
 * @param replayed progress before a rewind; delivered again, marked as replay
 */
record CursorState(
    String selector,
    boolean paused,
    LaneProgress confirmed,
    List<LaneProgress> earlier,
    List<LaneProgress> replayed) {

  /** Bytes. A longer selector is not stored: the selection is unknown until a route reads it. */
  static final int LONGEST_SELECTOR = 16_000;

  /** The oldest are forgotten: some events are then redelivered or lack the replay mark. */
  static final int MOST_EARLIER = 8;

  /** Greatest number of bytes. */
  static final int MOST_BYTES =
      2 + LONGEST_SELECTOR + 1 + (2 * MOST_EARLIER + 1) * (2 + 8 * LaneProgress.MOST_LANES) + 2;

  CursorState {
    earlier = newest(earlier);
    replayed = newest(replayed);
  }

  /** State of a destination that selects all events and begins at this number. */
  static CursorState at(long number) {
    return new CursorState("", false, LaneProgress.at(number, 1), List.of(), List.of());
  }

  private static List<LaneProgress> newest(List<LaneProgress> all) {
    return List.copyOf(all.subList(Math.max(0, all.size() - MOST_EARLIER), all.size()));
  }

  /** The highest position in any progress. */
  long most() {
    return Stream.of(List.of(confirmed), earlier, replayed)
        .flatMap(List::stream)
        .mapToLong(LaneProgress::most)
        .max()
        .orElseThrow();
  }

  byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(MOST_BYTES);
    byte[] text = selector.getBytes(StandardCharsets.UTF_8);
    byte[] kept = text.length > LONGEST_SELECTOR ? new byte[0] : text;
    out.putShort((short) kept.length).put(kept).put((byte) (paused ? 1 : 0));
    confirmed.write(out);
    write(earlier, out);
    write(replayed, out);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void write(List<LaneProgress> all, ByteBuffer out) {
    out.put((byte) all.size());
    all.forEach(each -> each.write(out));
  }

  /**
   * @throws RuntimeException if the bytes are not a state
   */
  static CursorState of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte[] selector = new byte[in.getShort()];
    in.get(selector);
    boolean paused = in.get() != 0;
    return new CursorState(
        new String(selector, StandardCharsets.UTF_8),
        paused,
        LaneProgress.read(in),
        all(in),
        all(in));
  }

  private static List<LaneProgress> all(ByteBuffer in) {
    int count = in.get();
    List<LaneProgress> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(LaneProgress.read(in));
    }
    return all;
  }
}
