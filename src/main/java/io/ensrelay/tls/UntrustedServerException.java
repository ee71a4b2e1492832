package io.ensrelay.tls;

import java.security.cert.CertificateException;

/**
 * A server's certificate is not accepted. The message says which certificate is at fault, why, and
 * what to do. The JVM's exception is suppressed, not the cause, so that a search for the innermost
 * cause finds this message.
 */
final class UntrustedServerException extends CertificateException {
  UntrustedServerException(String message) {
    super(message);
  }
}
