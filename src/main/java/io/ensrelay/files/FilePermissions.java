package io.ensrelay.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Who may read the files and folders that are made, beside their owner. They have these rights from
 * the moment they exist, whatever the umask is; those that were there before keep theirs. Where the
 * file system knows no such rights, they are made without.
 */
public enum FilePermissions {
  /** Nobody: folders 0700, files 0600. */
  OWNER("rwx------", "rw-------"),
  /** The group of the folder or of the process: folders 0750, files 0640. */
  GROUP("rwxr-x---", "rw-r-----");

  private static final int BEYOND_OWNER = 0077;
  private static final int OTHERS = 0007;

  private final Set<PosixFilePermission> folder;
  private final Set<PosixFilePermission> file;

  FilePermissions(String folder, String file) {
    this.folder = Set.copyOf(PosixFilePermissions.fromString(folder));
    this.file = Set.copyOf(PosixFilePermissions.fromString(file));
  }

  /** Makes a folder and those above it that are missing; one that is there is left as it is. */
  public void createDirectories(Path directory) throws IOException {
    // a link to a folder is one
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      createDirectories(parent);
    }
    try {
      Files.createDirectory(directory, at(directory, folder));
      addWhatTheUmaskTook(directory, folder);
      forceDirectory(parent);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw new FileSystemException(directory + " is there, and is no directory");
      }
    }
  }

  /**
   * Makes a file and opens it to write.
   *
   * @throws FileAlreadyExistsException when something has that name, also a link
   */
  FileChannel create(Path path) throws IOException {
    return create(path, Set.of(StandardOpenOption.WRITE));
  }

  private FileChannel create(Path path, Set<OpenOption> options) throws IOException {
    Set<OpenOption> make = new HashSet<>(options);
    make.add(StandardOpenOption.CREATE_NEW);
    FileChannel made = FileChannel.open(path, make, at(path, file));
    addWhatTheUmaskTook(path, file);
    return made;
  }

  /**
   * Opens a file, which is made when it is missing. Neither a link is followed nor a pipe opened:
   * somebody else may have put it there.
   *
   * @param options to write or to append, and not whether it is made
   */
  public FileChannel open(Path path, OpenOption... options) throws IOException {
    Set<OpenOption> existing = new HashSet<>(List.of(options));
    existing.add(LinkOption.NOFOLLOW_LINKS);
    while (true) {
      try {
        return create(path, Set.of(options));
      } catch (FileAlreadyExistsException e) {
        // the usual case
      }
      try {
        requireFile(path);
        return FileChannel.open(path, existing);
      } catch (NoSuchFileException e) {
        // it was removed in between
      }
    }
  }

  private static void requireFile(Path path) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile()) {
      throw new FileSystemException(
          "%s is %s and no file: move it away"
              .formatted(
                  path,
                  found.isSymbolicLink()
                      ? "a symbolic link"
                      : found.isDirectory() ? "a directory" : "a pipe or a device"));
    }
  }

  /**
   * Takes the rights of others and of the group from all that is in a folder and belongs to {@code
   * owner}; from the folder itself when others have any: an administrator may have given it to a
   * group. Links are left alone.
   *
   * @return how many files and folders had such rights
   */
  public static int tighten(Path directory, UserPrincipal owner) throws IOException {
    if (!hasPosix(directory)) {
      return 0;
    }
    Path root = directory.toRealPath();
    int count = 0;
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        int wide = each.equals(root) ? OTHERS : BEYOND_OWNER;
        if (takeAway(each, owner, wide)) {
          count++;
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return count;
  }

  private static boolean takeAway(Path path, UserPrincipal owner, int wide) {
    try {
      BasicFileAttributes kind =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      int mode = mode(path);
      if (!(kind.isRegularFile() || kind.isDirectory())
          || (mode & wide) == 0
          || !owner.equals(Files.getOwner(path, LinkOption.NOFOLLOW_LINKS))) {
        return false;
      }
      setMode(path, mode & ~BEYOND_OWNER);
      return true;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // gone meanwhile, or a file system without rights
      return false;
    }
  }

  /** Only adds, so that nobody could read it for a moment who may not. */
  private static void addWhatTheUmaskTook(Path path, Set<PosixFilePermission> wanted) {
    if (!hasPosix(path)) {
      return;
    }
    try {
      int bits = wanted.stream().mapToInt(right -> 0400 >> right.ordinal()).sum();
      int mode = mode(path);
      if ((mode & bits) != bits) {
        setMode(path, mode | bits);
      }
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // a file system that keeps no rights
    }
  }

  /** With the bits that Java has no names for, such as the one that hands the group down. */
  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
  }

  private static void setMode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode, LinkOption.NOFOLLOW_LINKS);
  }

  private static FileAttribute<?>[] at(Path path, Set<PosixFilePermission> rights) {
    return hasPosix(path)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(rights)}
        : new FileAttribute<?>[0];
  }

  private static boolean hasPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** So that what was made in it is there after a power failure, where a folder can be forced. */
  public static void forceDirectory(Path directory) {
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    } catch (IOException e) {
      // a folder that may be written but not read
    }
  }
}
