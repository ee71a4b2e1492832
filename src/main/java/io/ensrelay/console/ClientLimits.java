package io.ensrelay.console;

/**
 * The limits for the clients of a port.
 *
 * @param connections at most at the same time
 * @param firstSeconds from the connect to the end of the first request
 * @param nextSeconds from an answer to the end of the next request
 * @param leavingSeconds for a client that still sends a refused request, to read the reason
 * @param writeSeconds for the client to take a piece of an answer
 */
record ClientLimits(
    int connections, int firstSeconds, int nextSeconds, int leavingSeconds, int writeSeconds) {
  static final ClientLimits USUAL = new ClientLimits(256, 10, 30, 2, 20);
}
