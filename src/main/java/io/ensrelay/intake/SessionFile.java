package io.ensrelay.intake;

import io.ensrelay.base.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code session.json} of one tenant: written as a new file and forced, then replaces the previous
 * one. Threads: one.
 */
public record SessionFile(Path directory) implements SessionStore {
  private Path file() {
    return directory.resolve("session.json");
  }

  @Override
  public Optional<byte[]> read(String tenant) throws IOException {
    return Files.exists(file()) ? Optional.of(Files.readAllBytes(file())) : Optional.empty();
  }

  @Override
  public void write(String tenant, byte[] session) throws IOException {
    AtomicFile.replace(file(), session);
  }

  @Override
  public String place(String tenant) {
    return file().toString();
  }
}
