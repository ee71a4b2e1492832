package io.ensrelay.service;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * Sorts wishes into calls: those of waiting events first, then those of events ahead. Leaves out
 * wishes that may not be asked now or have a fresh answer. Threads: the caller holds a lock.
 */
final class DetailsPlan {
  private final Map<String, DetailsQuestion> questions = new LinkedHashMap<>();
  private final DetailsMemory memory;
  private final Instant now;
  private final ToIntFunction<DetailsCall> most;
  private Optional<DetailsQuestion> first = Optional.empty();

  /**
   * @param most number of devices in a call; 0: it can't be made now
   */
  DetailsPlan(DetailsMemory memory, Instant now, ToIntFunction<DetailsCall> most) {
    this.memory = memory;
    this.now = now;
    this.most = most;
  }

  void add(DetailsWish wish, boolean isAhead) {
    if (wish.notBefore().isAfter(now)) {
      return;
    }
    for (DetailsCall call : DetailsCall.values()) {
      if (wish.calls().contains(call)
          && most.applyAsInt(call) > 0
          && memory.get(wish.device(), call).filter(answer -> answer.isFreshFor(wish)).isEmpty()) {
        add(call, wish.device(), isAhead);
      }
    }
  }

  private void add(DetailsCall call, DeviceName device, boolean isAhead) {
    DetailsQuestion question =
        questions.computeIfAbsent(
            call + " " + device.isGuid(), key -> DetailsQuestion.empty(call, device.isGuid()));
    if (question.devices().size() < most.applyAsInt(call)
        && question.devices().add(device)
        && isAhead) {
      question.ahead().add(device);
    }
    if (!isAhead && first.isEmpty()) {
      first = Optional.of(question);
    }
  }

  /** The call for the event that waits longest; empty: no call can be made now. */
  Optional<DetailsQuestion> first() {
    return first;
  }

  /** A full call, preferably the first one. */
  Optional<DetailsQuestion> full() {
    return Stream.concat(first.stream(), questions.values().stream())
        .filter(question -> question.devices().size() >= most.applyAsInt(question.call()))
        .findFirst();
  }
}
