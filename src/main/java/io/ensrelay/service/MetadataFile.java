package io.ensrelay.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** The last good answer on disk; a power failure while writing leaves the old or the new one. */
final class MetadataFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  record Kept(EventMetadata metadata, Instant since) {}

  MetadataFile(Path directory) {
    file = directory.resolve("metadata.json");
  }

  void write(EventMetadata metadata) throws IOException {
    AtomicFile.replace(file, JSON.writeValueAsBytes(metadata));
  }

  /** Returns empty if there is no file yet, or no readable one. */
  Optional<Kept> read() {
    try {
      EventMetadata metadata = JSON.readValue(Files.readAllBytes(file), EventMetadata.class);
      Instant since = Files.getLastModifiedTime(file).toInstant();
      return Optional.ofNullable(metadata).map(known -> new Kept(known, since));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
