package io.ensrelay.tls;

import java.security.cert.CertificateException;

/**
 * A server's certificate is not accepted. The message says whose certificate is at fault, why, and
 * what to do; what the JVM said of it is suppressed rather than the cause, so that whoever looks
 * for the innermost reason finds this one.
 */
final class UntrustedServerException extends CertificateException {
  UntrustedServerException(String message) {
    super(message);
  }
}
