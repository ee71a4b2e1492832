package io.ensrelay.console;

import java.io.OutputStream;

/** The way to answer one request, once. */
interface HttpExchange {

  /** Sends all of it; returns at once, however slowly it is read. */
  void send(Reply reply);

  /**
   * Begins an answer without an end. What is written is sent when it is flushed; a write waits for
   * a slow client, and fails if the client does not read or is gone.
   *
   * @param type the media type
   */
  OutputStream stream(String type);
}
