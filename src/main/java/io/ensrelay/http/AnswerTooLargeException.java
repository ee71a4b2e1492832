package io.ensrelay.http;

import java.io.IOException;

/** The body of an answer is larger than the caller allows. */
public final class AnswerTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  AnswerTooLargeException(int bytes) {
    super("the answer is larger than " + (bytes >> 10) + " KB");
  }
}
