package io.ensrelay.destination;

import io.ensrelay.base.FilePermissions;
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
 * The archive's file of a day, open to append. Written bytes count as safe when they are on disk in
 * the file that still has this name: others may remove, move, cut or replace an open file. Threads:
 * one.
 */
final class DayFile implements AutoCloseable {
  private final FileChannel channel;
  private final Place place;

  /** Offset after the last safe line. */
  private long safe;

  private boolean shared;

  /** Identity and written length of a file, usable after the file is closed. */
  static final class Place {
    private final Path path;
    private final Object key;
    private long end;

    private Place(Path path, BasicFileAttributes found) {
      this.path = path;
      this.key = found.fileKey();
      this.end = found.size();
    }

    /** The present state of a file. */
    static Place of(Path path) throws IOException {
      return new Place(path, attributes(path));
    }

    Path path() {
      return path;
    }

    /** The damage that somebody else has done to the written bytes; empty: they are there. */
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
     * @throws Changed if the written bytes are not there any more
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

  /** Opens the file after its last complete line; creates it if it is missing. */
  static DayFile open(Path path, FilePermissions rights) throws IOException {
    FileChannel channel = rights.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    try {
      requireNotOfAnother(path);
      ArchiveFile.cutHalfLine(path);
      channel.force(true);
      forceDirectory(path.toAbsolutePath().getParent());
      Place place = Place.of(path);
      // a replacement of the same size is noticed when this file grows
      if (place.end != channel.size()) {
        throw new IOException(path + " was changed by somebody else while it was opened");
      }
      return new DayFile(channel, place);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Rejects a file that somebody else may have put into a shared folder to read the events. */
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

  /** Whether somebody else has also appended to the file; their bytes stay as they are. */
  boolean isShared() {
    return shared;
  }

  /** Appends the bytes, in one piece if the file system does so. */
  void write(ByteBuffer bytes) throws IOException {
    requireUnchanged();
    if (!Files.isWritable(place.path)) {
      // the file is open, but somebody has revoked the right to write to it
      throw new FileSystemException(place.path + " may no longer be written to");
    }
    while (bytes.hasRemaining()) {
      place.end += channel.write(bytes);
    }
  }

  /**
   * Forces the written bytes to disk.
   *
   * @throws Changed if they are then not in the file of this name
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

  /** Truncates bytes that are not safe, unless others may have written some of them. */
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

  /** Somebody else has changed the file: unconfirmed lines must be written again. */
  static final class Changed extends IOException {
    private static final long serialVersionUID = 1;

    Changed(String message) {
      super(message);
    }
  }
}
