package io.ensrelay.service;

/**
 * The service refuses the details of one device, now and later. It has no cause, because a cause
 * would look like the endpoint's failure.
 */
public class DetailsRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public DetailsRefusedException(String reason) {
    super("no details: " + reason);
  }
}
