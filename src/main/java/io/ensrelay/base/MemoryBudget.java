package io.ensrelay.base;

/**
 * What may be in memory at a time, as shares of the heap: the one place where these are decided.
 * Together they leave more than half of a heap of 256 MB to everything else.
 *
 * @param message bytes of the largest message of the service; of a larger one the beginning is kept
 *     as a dead letter
 * @param unacknowledged bytes of messages that are taken over and not acknowledged; with the events
 *     made of them on their way to the disk they take about four times as much
 * @param unstored bytes of events that wait for the disk
 * @param newest bytes of the newest events, for destinations that have caught up
 * @param answer bytes of an HTTP answer's body; there may be 256 lanes
 */
public record MemoryBudget(
    long message, long unacknowledged, long unstored, long newest, int answer) {

  /** That of this JVM. */
  public static final MemoryBudget OF_HEAP = of(Runtime.getRuntime().maxMemory());

  private static final int LEAST_ANSWER = 256 << 10;
  private static final int MOST_ANSWER = 1 << 20;

  /**
   * @param heap bytes
   */
  static MemoryBudget of(long heap) {
    return new MemoryBudget(
        heap / 16,
        heap / 16,
        heap / 32,
        heap / 32,
        (int) Math.max(LEAST_ANSWER, Math.min(MOST_ANSWER, heap / 512)));
  }
}
