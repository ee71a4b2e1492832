package io.ensrelay.event;

/**
 * A message that is not one JSON object, or that can't be told as events without changing what it
 * says. The text says where and why, and holds nothing of the message itself.
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
