package io.ensrelay.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Reserves a folder for one holder, in this process or another. The holder releases it by closing
 * it, the system when the process ends in any way.
 */
public final class FolderLock implements AutoCloseable {
  private static final String NAME = "lock";

  private final FileChannel file;

  private FolderLock(FileChannel file) {
    this.file = file;
  }

  /** Creates a missing folder and locks it; empty if it is already locked. */
  public static Optional<FolderLock> tryOf(Path folder) throws IOException {
    FilePermissions.OWNER.createDirectories(folder);
    FileChannel file = FilePermissions.OWNER.open(folder.resolve(NAME), StandardOpenOption.WRITE);
    if (tryByte(file, 0)) {
      return Optional.of(new FolderLock(file));
    }
    file.close();
    return Optional.empty();
  }

  /** Locks one byte of a file; false if this process or another has locked it already. */
  static boolean tryByte(FileChannel file, long place) throws IOException {
    try {
      return file.tryLock(place, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
