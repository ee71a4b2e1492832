package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import java.time.Duration;
import java.util.Optional;

/**
 * The result of sending an event to one destination by hand.
 *
 * @param delivered whether its route ended without an error; also when a filter dropped the event
 * @param status of the HTTP answer, as far as there is one
 * @param answer the first KB of the answer
 * @param why it was not delivered
 */
public record SentByHand(
    boolean delivered,
    Optional<Integer> status,
    Optional<String> answer,
    Optional<FailureReason> why,
    Duration took) {}
