package io.ensrelay.base;

import org.slf4j.MDC;

/**
 * Marks the log lines of a block as those of one tenant, if the relay has several. Threads: counts
 * for the calling thread.
 */
public final class TenantLog implements AutoCloseable {
  private static final String KEY = "tenant";

  private final MDC.MDCCloseable mark;

  private TenantLog(MDC.MDCCloseable mark) {
    this.mark = mark;
  }

  /**
   * Marks the lines until the result is closed.
   *
   * @param suffix what the names of the tenant's beans end with; empty: there is one tenant, whose
   *     lines have no mark
   */
  public static TenantLog of(String suffix) {
    return new TenantLog(
        MDC.putCloseable(KEY, suffix.isEmpty() ? null : suffix.substring(suffix.indexOf('.') + 1)));
  }

  /** Returns work whose lines are marked. */
  public static Runnable marked(String suffix, Runnable work) {
    return () -> {
      try (TenantLog mark = of(suffix)) {
        work.run();
      }
    };
  }

  @Override
  public void close() {
    mark.close();
  }
}
