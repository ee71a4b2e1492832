package io.ensrelay.event;

import java.time.Instant;

/**
 * A period in which events may be lost for good. Destinations get it as an event of the type {@code
 * relay.gap}, so that receivers can ask the service for the present state.
 *
 * @param from when the relay was last known to be connected
 * @param to when it was connected again; all newer events arrive, and some older ones
 * @param retentionMinutes how long the service keeps events for a disconnected client
 * @param reason one line for people
 */
public record Gap(Instant from, Instant to, long retentionMinutes, String reason) {}
