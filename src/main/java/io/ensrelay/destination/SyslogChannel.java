package io.ensrelay.destination;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** The way of a lane's messages to a receiver. Threads: the lane's; only close may be another's. */
interface SyslogChannel extends Closeable {
  /** Returns when the system has taken all messages; sends all again after a failure. */
  void send(List<byte[]> messages) throws IOException;

  @Override
  void close();
}
