package io.ensrelay.spool.log;

import java.util.Map;
import java.util.function.Predicate;

/** Decides by an event's attributes whether a destination selects it. Threads: safe. */
@FunctionalInterface
public interface EventFilter extends Predicate<Map<String, Object>> {

  /** Whether a test costs only a lookup, so that the appending thread may run it. */
  default boolean isQuick() {
    return false;
  }

  /**
   * Whether it selects all events of the service: then waiting events are counted without a test,
   * and some of the relay's own among them may not be selected.
   */
  default boolean takesAllOfTheService() {
    return false;
  }
}
