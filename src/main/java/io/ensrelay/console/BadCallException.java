package io.ensrelay.console;

/** A call that can't be answered as it is; the message says what to do. */
final class BadCallException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;

  BadCallException(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
