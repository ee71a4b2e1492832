package io.ensrelay.spool;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The part of a disk that new events must leave free, so that stored events can still be confirmed
 * and deleted: 64 MB, or a tenth of a disk smaller than 640 MB.
 */
public final class DiskReserve {
  private static final long MOST = 64L << 20;

  private final FileStore disk;
  private final long bytes;

  /**
   * @param directory an existing directory on that disk
   */
  public DiskReserve(Path directory) throws IOException {
    disk = Files.getFileStore(directory);
    bytes = Math.min(MOST, disk.getTotalSpace() / 10);
  }

  public long bytes() {
    return bytes;
  }

  /**
   * @throws IOException if less than the reserve is free
   */
  public void require() throws IOException {
    if (disk.getUsableSpace() <= bytes) {
      throw new IOException("the disk is nearly full (less than " + (bytes >> 20) + " MB free)");
    }
  }
}
