package io.ensrelay.service;

import java.io.IOException;

/** The service has not told details for as long as somebody was to wait for them. */
public final class DetailsUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  public DetailsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
