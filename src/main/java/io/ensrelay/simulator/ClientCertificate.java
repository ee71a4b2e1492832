package io.ensrelay.simulator;

/** The client certificates to try: good ones, and one of each bad kind. */
public enum ClientCertificate {
  /** Accepted. */
  GOOD("client"),
  /** Accepted too: another certificate of another user. */
  SECOND("client-2"),
  /** Ran out yesterday: the TLS handshake fails. */
  EXPIRED("client-expired"),
  /** Issued by an authority the service does not know: the TLS handshake fails. */
  UNKNOWN_CA("client-unknown-ca"),
  /**
   * Its user does not hold the CPS role. How the real service refuses it is not documented; here
   * TLS passes, MQTT answers CONNACK 5 (not authorized) and REST 403.
   */
  NO_ROLE("client-no-role");

  private final String fileName;

  ClientCertificate(String fileName) {
    this.fileName = fileName;
  }

  /** The name of its files, without {@code .p12} and {@code .pem}. */
  String fileName() {
    return fileName;
  }
}
