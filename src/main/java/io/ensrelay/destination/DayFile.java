package io.ensrelay.destination;

import io.ensrelay.files.FilePermissions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Optional;

/**
 * The archive's file of a day, open to append. What was written counts as safe when it is on the
 * disk and found under the file's name: others may remove, move, cut or replace a file that is
 * open. Threads: one.
 */
final class DayFile implements AutoCloseable {
  private final FileChannel channel;
  private final Place place;

  /** Where the last line ends that is safe. */
  private long safe;

  private boolean shared;

  /**
   * What is known of a file, after its end too: which one has its name, and up to where it was
   * written.
   */
  static final class Place {
    private final Path path;
    private final Object key;
    private long end;

    private Place(Path path, BasicFileAttributes found) {
      this.path = path;
      this.key = found.fileKey();
      this.end = found.size();
    }

    /** As it is now. */
    static Place of(Path path) throws IOException {
      return new Place(path, attributes(path));
    }

    Path path() {
      return path;
    }

    /** What somebody else has done to what was written; empty: it is there. */
    Optional<String> change() {
      try {
        BasicFileAttributes found = attributes(path);
        if (!Objects.equals(key, found.fileKey())) {
          return Optional.of("was replaced by another file");
        }
        return found.size() < end ? Optional.of("was cut by somebody else") : Optional.empty();
      } catch (NoSuchFileException e) {
        return Optional.of("was removed or renamed");
      } catch (IOException e) {
        return Optional.of("is not to be found any more (" + e.getMessage() + ")");
      }
    }

    /**
     * @throws Changed when what was written is not there any more
     */
    void requireUnchanged() throws Changed {
      Optional<String> change = change();
      if (change.isPresent()) {
        throw new Changed(path + " " + change.get());
      }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
  }

  private DayFile(FileChannel channel, Place place) {
    this.channel = channel;
    this.place = place;
    this.safe = place.end;
  }

  /** Opens it behind its last whole line, and makes it when there is none. */
  static DayFile open(Path path, FilePermissions rights) throws IOException {
    FileChannel channel = rights.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    try {
      requireNotOfAnother(path);
      ArchiveFile.cutHalfLine(path);
      channel.force(true);
      forceDirectory(path.toAbsolutePath().getParent());
      Place place = Place.of(path);
      // another file of the same size is noticed when this one grows
      if (place.end != channel.size()) {
        throw new IOException(path + " was changed by somebody else while it was opened");
      }
      return new DayFile(channel, place);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Where others can write, one of them may have put it there, to read what comes. */
  private static void requireNotOfAnother(Path path) throws IOException {
    try {
      PosixFileAttributes folder =
          Files.readAttributes(path.toAbsolutePath().getParent(), PosixFileAttributes.class);
      PosixFileAttributes file =
          Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (folder.permissions().contains(PosixFilePermission.OTHERS_WRITE)
          && !file.owner().equals(folder.owner())
          && !file.owner().equals(Files.getOwner(Path.of("/proc/self")))) {
        throw new FileSystemException(
            "%s belongs to %s in a folder that others can write to: move it away"
                .formatted(path, file.owner().getName()));
      }
    } catch (UnsupportedOperationException e) {
      // a file system without owners
    }
  }

  Place place() {
    return place;
  }

  /** Whether somebody else has appended to it too; what they wrote is left as it is. */
  boolean isShared() {
    return shared;
  }

  /** Appends in one piece, where the file system does so. */
  void write(ByteBuffer bytes) throws IOException {
    requireUnchanged();
    if (!Files.isWritable(place.path)) {
      // it is open, but whoever took that right does not want more in it
      throw new FileSystemException(place.path + " may no longer be written to");
    }
    while (bytes.hasRemaining()) {
      place.end += channel.write(bytes);
    }
  }

  /**
   * Brings what was written to the disk.
   *
   * @throws Changed when it is not found under the file's name then
   */
  void force() throws IOException {
    channel.force(false);
    requireUnchanged();
    safe = place.end;
  }

  private void requireUnchanged() throws IOException {
    place.requireUnchanged();
    long size = channel.size();
    if (size > place.end) {
      place.end = size;
      shared = true;
    }
  }

  /** Takes back what is not safe, when nothing of others can be in it. */
  void takeBack() throws IOException {
    if (!shared && channel.size() == place.end) {
      channel.truncate(safe);
      place.end = safe;
    }
  }

  private static void forceDirectory(Path directory) throws IOException {
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Somebody else has changed the file: what is not confirmed has to be written again. */
  static final class Changed extends IOException {
    private static final long serialVersionUID = 1;

    Changed(String message) {
      super(message);
    }
  }
}
