package io.ensrelay.simulator;

import java.util.Locale;

/** Server certificates for tests: a good one, and one of each bad kind. */
public enum ServerCertificate {
  /** Valid for localhost, 127.0.0.1 and ::1. */
  GOOD("server"),
  /** Expired yesterday. */
  EXPIRED("server-expired"),
  /** Valid for another host. */
  WRONG_HOST("server-wrong-host"),
  /** Issued by an authority that the trust store does not hold. */
  UNKNOWN_CA("server-unknown-ca");

  private final String fileName;

  ServerCertificate(String fileName) {
    this.fileName = fileName;
  }

  /** Returns the name of its files, without {@code .p12} and {@code .pem}. */
  String fileName() {
    return fileName;
  }

  /** Returns the name on the command line, such as {@code wrong-host}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
