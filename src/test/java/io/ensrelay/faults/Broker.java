package io.ensrelay.faults;

/**
 * A broker that wants client certificates. What was published before {@link #stop()} is there after
 * the next {@link #start()}, on the same port.
 */
interface Broker extends AutoCloseable {
  /** Returns once it takes connections. */
  void start() throws Exception;

  void stop() throws Exception;

  /** Of MQTT over TLS, on the loopback address. */
  int port();

  Certificates certificates() throws Exception;

  @Override
  default void close() throws Exception {
    stop();
  }
}
