package io.ensrelay.base;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Reads secrets of Standard Webhooks 1.0.0: {@code whsec_} and base64 of 24 to 64 bytes; several
 * are separated by commas, the present one first, for the time of a rotation. Threads: stateless.
 */
public final class SigningSecrets {
  private static final String PREFIX = "whsec_";
  private static final int LEAST = 24;
  private static final int MOST = 64;

  private SigningSecrets() {}

  /**
   * @return one or more, in the order of the text
   * @throws IllegalArgumentException if one of them is malformed; the message gives the reason
   *     without the secret
   */
  public static List<byte[]> of(String text) {
    List<byte[]> secrets = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      secrets.add(one(each.strip()));
    }
    return secrets;
  }

  private static byte[] one(String secret) {
    if (!secret.startsWith(PREFIX)) {
      throw new IllegalArgumentException("does not begin with " + PREFIX);
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(secret.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      // its message would show a part of the secret
      throw new IllegalArgumentException("is not base64 after " + PREFIX);
    }
    if (bytes.length < LEAST || bytes.length > MOST) {
      throw new IllegalArgumentException(
          "has " + bytes.length + " bytes, not " + LEAST + " to " + MOST);
    }
    return bytes;
  }
}
