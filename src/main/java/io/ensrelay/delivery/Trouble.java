package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import java.time.Instant;
import java.util.Optional;

/**
 * Why an event can't be delivered now.
 *
 * @param fault {@link Fault#PASSES}, {@link Fault#DESTINATION} or {@link Fault#UNKNOWN}
 * @param answer the beginning of what the endpoint answered
 * @param tries failed tries of the event so far
 * @param next when it is tried again
 */
record Trouble(Fault fault, FailureReason why, Optional<String> answer, int tries, Instant next) {}
