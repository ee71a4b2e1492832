package io.ensrelay.service;

import java.io.IOException;

/** The service has not answered calls for details within the time that an event may wait. */
public final class DetailsUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  public DetailsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
