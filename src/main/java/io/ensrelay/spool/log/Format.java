package io.ensrelay.spool.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The format of a log directory, stored in its file {@code format}. */
final class Format {
  private static final String CURRENT = "1";

  private Format() {}

  /**
   * Checks the format.
   *
   * @return false: no file states the format, as in a new directory
   * @throws IOException if this version can't read the format
   */
  static boolean isKnown(Path directory) throws IOException {
    for (String old : List.of("journal", "bindings")) {
      if (Files.exists(directory.resolve(old))) {
        throw new IOException(
            directory
                + " holds the events of an earlier version, which this one can't read: deliver them"
                + " with that version, or move the directory away");
      }
    }
    Path format = directory.resolve("format");
    if (Files.notExists(format)) {
      return false;
    }
    String found =
        Files.size(format) > 100
            ? "?"
            : Files.readString(format, StandardCharsets.ISO_8859_1).strip();
    if (!found.equals(CURRENT) && !found.isEmpty()) {
      throw new IOException(
          directory
              + " has the format '"
              + found
              + "', and this version reads "
              + CURRENT
              + ": run the version that wrote it, or a newer one");
    }
    return true;
  }

  /** Writes the current format to a new directory; returns when it is on disk. */
  static void write(Path directory, Disk disk) throws IOException {
    try (Disk.File file = disk.open(directory.resolve("format"))) {
      byte[] text = (CURRENT + "\n").getBytes(StandardCharsets.US_ASCII);
      file.write(text, text.length, 0);
      file.force();
    }
    disk.forceDirectory(directory);
  }
}
