package io.ensrelay.service;

import java.util.Collection;
import java.util.OptionalLong;

/**
 * The service's calls about all devices of a tenant. Each method makes one call; it throws the
 * failure of the call, or an {@code IOException} for a malformed answer.
 */
public interface FleetCalls {
  /** Asks for the devices with a status, from an offset on. */
  FleetPage page(String status, long offset, int limit) throws Exception;

  /** Asks for the number of devices with a status; empty: the answer has no number. */
  OptionalLong count(String status) throws Exception;

  /**
   * Asks for devices by their names; those that the service does not know are left out.
   *
   * @param areGuids whether the names are {@code deviceGuid}s; otherwise {@code identifier}s
   */
  FleetPage find(boolean areGuids, Collection<String> names) throws Exception;
}
