package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What happened in a destination test.
 *
 * @param accepted the messages that receivers accepted, in order
 * @param attempts requests and other sends, accepted or not
 * @param pauses between tries; the test skipped them
 * @param unused number of answers that no request has used
 * @param problem why it could not end; empty: all events are delivered, dropped or dead letters
 */
record DestinationTestOutcome(
    List<DestinationTestMessage> accepted,
    int attempts,
    List<Dead> dead,
    List<Duration> pauses,
    int unused,
    Optional<String> problem) {

  /** A dead letter. */
  record Dead(String type, String reason, Optional<String> answer, Optional<JsonNode> event) {
    /** The reason, followed by the receiver's answer. */
    String said() {
      return reason + answer.map(text -> " (answered: " + text + ")").orElse("");
    }
  }
}
