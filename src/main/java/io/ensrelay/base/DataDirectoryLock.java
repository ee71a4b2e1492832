package io.ensrelay.base;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exclusive right to work on a data directory: two processes would take over each other's
 * session and events. The process releases it by closing it or by ending in any way.
 *
 * <p>The owner of the lock file owns the data directory. Other users can't take the lock: the
 * directory is 0700 and the file 0600; the relay closes files that an earlier version left open.
 */
public final class DataDirectoryLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectoryLock.class);
  private static final String KEY = "ens.data.dir";
  private static final String NAME = "lock";
  private static final String ROOT = "root";

  private static final long COMMAND_SECONDS = 30;
  private static final long COMMAND_MILLIS = 100;
  private static final long STANDBY_MILLIS = 1000;

  /** The byte of the file that every process on the directory locks, a command or a relay. */
  private static final long OF_ANYBODY = 0;

  private static final long OF_RELAY = 1;

  private final FileChannel channel;

  private DataDirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock for a relay. Creates a missing directory and removes the access of other users.
   * Waits for a command that holds the lock.
   *
   * @throws ConfigurationException if another relay holds it, a command holds it for 30 s, or the
   *     directory belongs to another user
   */
  public static DataDirectoryLock of(Path data) throws IOException {
    create(data);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(COMMAND_SECONDS);
    Optional<DataDirectoryLock> lock = tryOf(data);
    while (lock.isEmpty() && !isOfRelay(data) && System.nanoTime() - until < 0) {
      pause(COMMAND_MILLIS);
      lock = tryOf(data);
    }
    if (lock.isEmpty()) {
      throw new ConfigurationException(
          KEY,
          data.toString(),
          "another ens-relay is running on it" + holder(data),
          "stop that one, or give this one a data directory of its own");
    }
    return ofRelay(lock.get(), data);
  }

  /**
   * The same for a standby: waits as long as another relay holds the lock, and says so in the log.
   * Once a second it looks whether the lock is free.
   *
   * @throws ConfigurationException if the directory belongs to another user
   */
  public static DataDirectoryLock await(Path data) throws IOException {
    create(data);
    Optional<DataDirectoryLock> lock = tryOf(data);
    if (lock.isEmpty()) {
      LOG.info(
          "Standby: another ens-relay is running on {}{}. This one takes over when that one ends.",
          data,
          holder(data));
      while (lock.isEmpty()) {
        pause(STANDBY_MILLIS);
        lock = tryOf(data);
      }
      LOG.info("Standby: the other ens-relay has ended, this one takes over");
    }
    return ofRelay(lock.get(), data);
  }

  private static void create(Path data) throws IOException {
    try {
      FilePermissions.OWNER.createDirectories(data);
    } catch (AccessDeniedException e) {
      throw FileOwner.refused(KEY, data);
    }
  }

  private static DataDirectoryLock ofRelay(DataDirectoryLock lock, Path data) throws IOException {
    lock.channel.tryLock(OF_RELAY, 1, false);
    closeToOthers(data);
    return lock;
  }

  /** Whether a relay holds the lock and not a command, which ends soon. */
  public static boolean isOfRelay(Path data) throws IOException {
    try (FileChannel channel = open(data)) {
      return !FolderLock.tryByte(channel, OF_RELAY);
    }
  }

  private static void pause(long millis) throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /**
   * Takes the lock for a command; empty if another process holds it, probably a running relay.
   *
   * @param data a directory that a relay has run on
   * @throws ConfigurationException if it belongs to another user or can't be used as it is
   */
  public static Optional<DataDirectoryLock> tryOf(Path data) throws IOException {
    FileChannel channel = open(data);
    try {
      if (FolderLock.tryByte(channel, OF_ANYBODY)) {
        requireOwn(data);
        return Optional.of(new DataDirectoryLock(channel));
      }
    } catch (ConfigurationException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  /** Whether no relay has run on it, as far as this user may see; then nobody holds the lock. */
  public static boolean isNew(Path data) {
    return Files.notExists(data.resolve(NAME), LinkOption.NOFOLLOW_LINKS);
  }

  private static FileChannel open(Path data) throws IOException {
    Path file = data.resolve(NAME);
    try {
      return FilePermissions.OWNER.open(file, StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      if (!Files.isWritable(data)) {
        throw FileOwner.refused(KEY, data);
      }
      throw new ConfigurationException(
          KEY,
          data.toString(),
          "its file %s can't be written, it belongs to %s and you are %s"
              .formatted(NAME, FileOwner.owner(file), FileOwner.me()),
          FileOwner.owner(file).equals(ROOT)
              ? "root has run a relay on it: " + FileOwner.handOver(data, FileOwner.me())
              : "remove it with 'rm -f %s'".formatted(file));
    } catch (FileSystemException e) {
      if (!Files.isDirectory(data)) {
        throw new ConfigurationException(
            KEY, data.toString(), "is not a directory", "name a directory or a new path");
      }
      throw new ConfigurationException(
          KEY, data.toString(), "its file %s can't be used".formatted(NAME), reason(e));
    }
  }

  private static String reason(FileSystemException e) {
    return e.getReason() == null ? e.getMessage() : e.getFile() + ": " + e.getReason();
  }

  /** Root must not write here: the usual user's relay could not read it, and not start again. */
  private static void requireOwn(Path data) throws IOException {
    String owner = FileOwner.owner(data.resolve(NAME));
    String me = FileOwner.me();
    if (me.equals(ROOT) && !owner.equals(me) && !owner.equals(ownerOfWhatIsMade(data))) {
      throw FileOwner.belongsTo(KEY, data, owner, me);
    }
  }

  /** Not always the user of the process: network shares may map root to another name. */
  private static String ownerOfWhatIsMade(Path data) throws IOException {
    Path probe = Files.createTempFile(data, ".owner-", ".tmp");
    try {
      return FileOwner.owner(probe);
    } finally {
      Files.delete(probe);
    }
  }

  private static void closeToOthers(Path data) throws IOException {
    try {
      UserPrincipal owner = Files.getOwner(data.resolve(NAME));
      String before = PosixFilePermissions.toString(Files.getPosixFilePermissions(data));
      int count = FilePermissions.tighten(data, owner);
      if (count > 0) {
        LOG.info(
            "Other users had access to {} ({}): now only {} has (files and folders changed: {})",
            data,
            before,
            owner.getName(),
            count);
      }
    } catch (UnsupportedOperationException e) {
      // the file system has no owners
    }
  }

  /** Describes the process that holds the lock, as far as Linux tells. */
  private static String holder(Path data) {
    try {
      Object inode = Files.getAttribute(data.resolve(NAME), "unix:ino", LinkOption.NOFOLLOW_LINKS);
      try (Stream<String> locks = Files.lines(Path.of("/proc/locks"))) {
        return locks
            .map(line -> line.trim().split("\\s+"))
            .filter(part -> part.length > 5 && part[5].endsWith(":" + inode))
            .filter(part -> part[4].matches("\\d+"))
            .map(part -> Path.of("/proc", part[4]))
            .filter(Files::exists)
            .map(
                process ->
                    ", process %s of %s".formatted(process.getFileName(), FileOwner.owner(process)))
            .findFirst()
            .orElse("");
      }
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
