package io.ensrelay.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes files that are always complete, even if the power fails during a write, and that only
 * their owner can read. Threads: stateless.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes a new file beside the old one, forces it to disk and renames it over the old one. */
  public static void replace(Path file, byte[] content) throws IOException {
    FilePermissions.OWNER.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    // left by a crash, or a link that somebody else made
    Files.deleteIfExists(next);
    try (FileChannel out = FilePermissions.OWNER.create(next)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
