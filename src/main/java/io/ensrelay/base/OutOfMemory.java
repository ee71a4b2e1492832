package io.ensrelay.base;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process with exit code 1 when memory runs out: it would only seem to run, and after a
 * restart unconfirmed events are delivered again. Threads: safe.
 */
public final class OutOfMemory {
  private static final Logger LOG = LoggerFactory.getLogger(OutOfMemory.class);

  /** A chain of causes may be circular. */
  private static final int MOST_CAUSES = 100;

  private OutOfMemory() {}

  /** Ends the process if a failure or one of its causes is an {@link OutOfMemoryError}. */
  public static void endProcessIfIn(Throwable failure) {
    if (find(failure, OutOfMemoryError.class).isPresent()) {
      try {
        LOG.error("Out of memory, the process ends with exit code 1: {}", failure.toString());
      } finally {
        Runtime.getRuntime().halt(1);
      }
    }
  }

  /** Returns the first of this kind among a failure and its causes. */
  public static <T extends Throwable> Optional<T> find(Throwable failure, Class<T> kind) {
    Throwable next = failure;
    for (int i = 0; next != null && i < MOST_CAUSES; i++) {
      if (kind.isInstance(next)) {
        return Optional.of(kind.cast(next));
      }
      next = next.getCause();
    }
    return Optional.empty();
  }
}
