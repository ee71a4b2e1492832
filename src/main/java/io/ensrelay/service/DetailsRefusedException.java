package io.ensrelay.service;

/**
 * The details of one device can't be had, and asking again would not change that. It has no cause:
 * whoever looks for a reason would take that for the endpoint's.
 */
public final class DetailsRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public DetailsRefusedException(String reason) {
    super("no details: " + reason);
  }
}
