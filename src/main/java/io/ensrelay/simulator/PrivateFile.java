package io.ensrelay.simulator;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Writes files and folders that only their owner can read, where the file system knows owners. A
 * reader sees the old content or the new, never a part.
 */
final class PrivateFile {
  private PrivateFile() {}

  static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  static void write(Path file, byte[] content) throws IOException {
    Path target = file.toAbsolutePath();
    createDirectories(target.getParent());
    Path draft =
        Files.createTempFile(
            target.getParent(), target.getFileName().toString(), ".new", owner("rw-------"));
    try {
      Files.write(draft, content);
      Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Makes a folder, and those above it that are missing, that only their owner can look into. */
  static void createDirectories(Path dir) throws IOException {
    // a link to a folder is one
    if (!Files.isDirectory(dir)) {
      Files.createDirectories(dir, owner("rwx------"));
    }
  }

  /** Opens a file to write, which is made when it is missing. */
  static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), owner("rw-------"));
  }

  private static FileAttribute<?>[] owner(String rights) {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(rights))
        }
        : new FileAttribute<?>[0];
  }
}
