package io.ensrelay;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The right to work on a data directory: two processes would take each other's session and events.
 * Given back when it is closed, or when the process ends in whatever way.
 */
public final class DataLock implements AutoCloseable {
  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @throws ConfigurationException when another process has it
   */
  static DataLock of(Path data) throws IOException {
    Files.createDirectories(data);
    return tryOf(data)
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "ens.data.dir",
                    data.toString(),
                    "another ens-relay is running on it",
                    "stop that one, or give this one a data directory of its own"));
  }

  /**
   * Empty when another process, a running relay most likely, has it.
   *
   * @param data an existing directory
   */
  public static Optional<DataLock> tryOf(Path data) throws IOException {
    FileChannel channel =
        FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return Optional.of(new DataLock(channel));
      }
    } catch (OverlappingFileLockException e) {
      // another relay of this process has it
    }
    channel.close();
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
