package io.ensrelay.service;

import java.time.Instant;
import java.util.Optional;

/**
 * The answer of one call about one device.
 *
 * @param asked when the call began
 * @param json empty: the answer did not mention the device
 * @param refusal why there is no answer about this device; empty: there is one
 * @param isAhead whether no event waited for it
 */
record DeviceAnswer(
    Instant asked, Optional<byte[]> json, Optional<Exception> refusal, boolean isAhead) {

  boolean isFreshFor(DetailsWish wish) {
    return !asked.isBefore(wish.notBefore());
  }

  int bytes() {
    return json.map(each -> each.length).orElse(0);
  }
}
