package io.ensrelay.delivery;

import java.util.HashSet;
import java.util.Set;

/** The devices whose events a destination found wrong since it last accepted one. Threads: safe. */
final class Refusals {
  /** More say nothing new. */
  private static final int MOST = 1000;

  private final Set<String> devices = new HashSet<>();

  /**
   * @param device an event without one counts by its id
   * @return of how many different devices an event was wrong, this one included
   */
  synchronized int wrong(String device) {
    if (devices.size() < MOST) {
      devices.add(device);
    }
    return devices.size();
  }

  synchronized void accepted() {
    devices.clear();
  }
}
