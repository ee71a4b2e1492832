package io.ensrelay.service;

import java.util.Optional;

/** The present condition of one kind of call. Threads: the caller holds a lock. */
final class CallCondition {
  /** The number that the service recommends. */
  static final int MOST_DEVICES = 100;

  private int most = MOST_DEVICES;
  private boolean isUnderWay;
  private Optional<CallTrouble> trouble = Optional.empty();

  boolean isUnderWay() {
    return isUnderWay;
  }

  void begins() {
    isUnderWay = true;
  }

  void ends() {
    isUnderWay = false;
  }

  /** How many devices the next call may ask for. */
  int most() {
    return most;
  }

  /** The present row of failed calls; empty: the last call was answered. */
  Optional<CallTrouble> trouble() {
    return trouble;
  }

  /** Nanoseconds until the next call may begin after a failure; 0 or less: it may. */
  long pause(long now) {
    return trouble.map(present -> present.nextNanos() - now).orElse(0L);
  }

  void answered() {
    trouble = Optional.empty();
    most = Math.min(MOST_DEVICES, most * 2);
  }

  /** The service refuses the question about these devices; the next calls ask for half as many. */
  void refused(int devices) {
    most = Math.max(1, devices / 2);
  }

  void failed(CallTrouble now) {
    trouble = Optional.of(now);
  }
}
