package io.ensrelay.spool;

import java.time.Instant;
import java.util.Optional;

/**
 * How a destination that is read by a route is at one moment; the numbers are those since the start
 * of the process.
 *
 * @param stalledSince when it began to try an event again; empty: it is not stalled
 * @param problem the last reason, on one line
 * @param delivered events whose route ended well; dead letters are not among them
 * @param retries failed tries that were followed by another
 * @param underWay when the oldest event that is being delivered was received
 */
public record DestinationStatus(
    String name,
    int lanes,
    Optional<Instant> stalledSince,
    Optional<String> problem,
    long delivered,
    long retries,
    Optional<Instant> underWay) {}
