package io.ensrelay.http;

import java.io.IOException;

/**
 * The OAuth 2 token endpoint refuses the client. {@code routes/errors.camel.yaml} counts it as a
 * refusal of the destination: the next event would end the same. The message holds no secret.
 */
public final class TokenRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  TokenRefusedException(String message) {
    super(message);
  }
}
