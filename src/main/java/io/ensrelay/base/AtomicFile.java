package io.ensrelay.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes files that are always complete, even if the power fails during a write. Threads:
 * stateless.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** As {@link #replace(Path, byte[], FilePermissions)}; only the owner can read the file. */
  public static void replace(Path file, byte[] content) throws IOException {
    replace(file, content, FilePermissions.OWNER);
  }

  /** Writes a file beside it, forces that to disk, and puts it in the place of the one before. */
  public static void replace(Path file, byte[] content, FilePermissions readers)
      throws IOException {
    readers.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    // left by a crash, or a link that somebody else made
    Files.deleteIfExists(next);
    try (FileChannel out = readers.create(next)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
