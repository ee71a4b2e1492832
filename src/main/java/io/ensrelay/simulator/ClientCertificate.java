package io.ensrelay.simulator;

/** Client certificates for tests: good ones, and one of each bad kind. */
public enum ClientCertificate {
  /** Accepted. */
  GOOD("client"),
  /** Accepted too: a certificate of another user. */
  SECOND("client-2"),
  /** Expired yesterday: the TLS handshake fails. */
  EXPIRED("client-expired"),
  /** Issued by an authority unknown to the service: the TLS handshake fails. */
  UNKNOWN_CA("client-unknown-ca"),
  /**
   * Its user does not have the CPS role. The vendor does not document how the service refuses it;
   * here TLS succeeds, MQTT answers CONNACK 5 (not authorized) and REST answers 403.
   */
  NO_ROLE("client-no-role");

  private final String fileName;

  ClientCertificate(String fileName) {
    this.fileName = fileName;
  }

  /** Returns the name of its files, without {@code .p12} and {@code .pem}. */
  String fileName() {
    return fileName;
  }
}
