package io.ensrelay.spool.log;

import java.util.Map;
import java.util.function.Predicate;

/** Tells by the attributes of an event whether a destination selects it. Threads: safe. */
@FunctionalInterface
public interface EventFilter extends Predicate<Map<String, Object>> {

  /** Whether a test takes no more than a lookup, so that the thread that appends may make it. */
  default boolean isQuick() {
    return false;
  }
}
