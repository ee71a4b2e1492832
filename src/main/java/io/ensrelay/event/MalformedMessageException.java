package io.ensrelay.event;

/**
 * Reports a message that is not one JSON object, or that can't be split into events without
 * changing its meaning. The text says where and why; it contains nothing of the message itself.
 */
public final class MalformedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param reason what is wrong, without the content of the message
   */
  public MalformedMessageException(String reason) {
    super(reason);
  }
}
