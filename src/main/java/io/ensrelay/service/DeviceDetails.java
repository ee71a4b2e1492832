package io.ensrelay.service;

import java.time.Instant;
import java.util.Optional;

/**
 * What the service says of a device. Nobody may change the bytes.
 *
 * @param at when it was asked; of two calls the earlier time
 * @param isMissing whether the service does not know the device
 * @param device JSON on one line; empty if it was not wanted or the device is missing
 * @param applications a JSON array on one line; empty likewise
 */
public record DeviceDetails(
    Instant at, boolean isMissing, Optional<byte[]> device, Optional<byte[]> applications) {}
