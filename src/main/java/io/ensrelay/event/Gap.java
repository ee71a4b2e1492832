package io.ensrelay.event;

import java.time.Instant;

/**
 * A time in which events may have been missed for good: destinations get it as an event of the type
 * {@code relay.gap}, so that receivers can ask the service for the present state.
 *
 * @param from when the relay was last seen connected
 * @param to when it was connected again; what is newer has come, and some that is older
 * @param retentionMinutes how long the service keeps events for a client that is away
 * @param reason one line for people
 */
public record Gap(Instant from, Instant to, long retentionMinutes, String reason) {}
