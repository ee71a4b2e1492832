package io.ensrelay.console;

/**
 * What a client may take of a port.
 *
 * @param connections at most at the same time
 * @param firstSeconds from the connect to the end of the first request
 * @param nextSeconds from an answer to the end of the next request
 * @param leavingSeconds for who still sends what was refused to read why
 * @param writeSeconds for a piece of an answer to be taken by who asked
 */
record ClientLimits(
    int connections, int firstSeconds, int nextSeconds, int leavingSeconds, int writeSeconds) {
  static final ClientLimits USUAL = new ClientLimits(256, 10, 30, 2, 20);
}
