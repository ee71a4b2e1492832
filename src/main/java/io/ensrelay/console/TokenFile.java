package io.ensrelay.console;

import io.ensrelay.base.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The token that opens the console, in the data directory while the relay runs. Only the relay's
 * user can read it.
 */
final class TokenFile {
  private static final int BYTES = 32;
  private static final String NAME = "console.token";

  private TokenFile() {}

  static Path in(Path data) {
    return data.resolve(NAME);
  }

  /** A token that nobody can guess: 256 bits, as letters, digits, - and _. */
  static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Replaces the token by a new one. */
  static String renew(Path data) throws IOException {
    String token = random();
    AtomicFile.replace(in(data), (token + "\n").getBytes(StandardCharsets.US_ASCII));
    return token;
  }

  /**
   * Reads the token.
   *
   * @throws IOException with a line that says what to do
   */
  static String read(Path data) throws IOException {
    Path file = in(data);
    try {
      return Files.readString(file, StandardCharsets.US_ASCII).strip();
    } catch (AccessDeniedException e) {
      throw new IOException(
          "%s belongs to %s: give the command as that user".formatted(file, owner(file)), e);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "%s is not there: look into the log of the relay that runs on it".formatted(file), e);
    }
  }

  private static String owner(Path file) {
    try {
      return Files.getOwner(file).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return "another user";
    }
  }
}
