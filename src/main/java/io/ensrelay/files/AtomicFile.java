package io.ensrelay.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that are whole at any time, also when the power fails while one is written, and that only
 * their owner can read.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes a file beside it, forces that to disk, and puts it in the place of the one before. */
  public static void replace(Path file, byte[] content) throws IOException {
    FilePermissions.OWNER.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    // left by a crash, or a link that somebody else has put there
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
