package io.ensrelay.service;

import java.time.Instant;
import java.util.Optional;

/**
 * The details of a device from the service. Nobody may change the bytes.
 *
 * @param at when the call began; for two calls the earlier time
 * @param isMissing whether the service does not know the device
 * @param device JSON on one line; empty if it was not wanted or the device is missing
 * @param applications a JSON array on one line; empty likewise
 */
public record DeviceDetails(
    Instant at, boolean isMissing, Optional<byte[]> device, Optional<byte[]> applications) {}
