package io.ensrelay.simulator;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;

/**
 * Keeps a folder to one simulator at a time, in this process or another: two brokers on one journal
 * would wait for each other without a word.
 */
final class FolderLock implements AutoCloseable {
  private final FileChannel file;

  private FolderLock(FileChannel file) {
    this.file = file;
  }

  /** Makes the folder when it is missing, and fails at once when another simulator has it. */
  static FolderLock take(Path dir) throws IOException {
    PrivateFile.createDirectories(dir);
    FileChannel file = PrivateFile.open(dir.resolve("lock"));
    if (!isOurs(file)) {
      file.close();
      throw new IOException("dir: %s is in use by another simulator".formatted(dir));
    }
    return new FolderLock(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static boolean isOurs(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }
}
