package io.ensrelay.base;

/**
 * The limits for data in memory, as shares of the heap; they are decided only here. Together they
 * leave more than half of a 256 MB heap for everything else.
 *
 * @param message bytes of the largest message from the service; of a larger one the relay keeps the
 *     beginning as a dead letter
 * @param unacknowledged bytes of accepted and not yet acknowledged messages; with their events on
 *     the way to the disk these take about four times as much memory
 * @param unstored bytes of events waiting for the disk
 * @param newest bytes of the newest events, for destinations that have caught up
 * @param devices bytes of the newest times of all devices, if they are kept
 * @param snapshots bytes of the times of the devices with an event during a resync; there are two
 *     such tables
 * @param answer bytes of an HTTP answer's body; there may be 256 lanes
 * @param details bytes of the service's answers about devices that a tenant keeps, and of one such
 *     answer
 */
public record MemoryBudget(
    long message,
    long unacknowledged,
    long unstored,
    long newest,
    long devices,
    long snapshots,
    int answer,
    int details) {

  /** The budget of this JVM. */
  public static final MemoryBudget OF_HEAP = of(Runtime.getRuntime().maxMemory());

  private static final int LEAST_ANSWER = 256 << 10;
  private static final int MOST_ANSWER = 1 << 20;
  private static final int MOST_DETAILS = 16 << 20;

  /**
   * @param heap in bytes
   */
  static MemoryBudget of(long heap) {
    return new MemoryBudget(
        heap / 16,
        heap / 16,
        heap / 32,
        heap / 32,
        heap / 8,
        heap / 64,
        (int) Math.max(LEAST_ANSWER, Math.min(MOST_ANSWER, heap / 512)),
        (int) Math.max(LEAST_ANSWER, Math.min(MOST_DETAILS, heap / 32)));
  }
}
