package io.ensrelay.base;

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
 * The users, beside the owner, who may read newly created files and folders. These have their
 * permissions from the moment they exist, whatever the umask; existing ones keep theirs. On a file
 * system without permissions they are created without. Threads: safe.
 */
public enum FilePermissions {
  /** Nobody else: folders 0700, files 0600. */
  OWNER("rwx------", "rw-------"),
  /** The group of the parent folder or the process: folders 0750, files 0640. */
  GROUP("rwxr-x---", "rw-r-----"),
  /** Everybody: folders 0755, files 0644. For files without secrets, such as programs. */
  EVERYBODY("rwxr-xr-x", "rw-r--r--");

  private static final int BEYOND_OWNER = 0077;
  private static final int OTHERS = 0007;

  private final Set<PosixFilePermission> folder;
  private final Set<PosixFilePermission> file;

  FilePermissions(String folder, String file) {
    this.folder = Set.copyOf(PosixFilePermissions.fromString(folder));
    this.file = Set.copyOf(PosixFilePermissions.fromString(file));
  }

  /** Creates a folder and its missing parents; leaves an existing folder unchanged. */
  public void createDirectories(Path directory) throws IOException {
    // a link to a folder counts as a folder
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
        throw new FileSystemException(directory + " exists and is not a directory");
      }
    }
  }

  /**
   * Creates a file and opens it for writing.
   *
   * @throws FileAlreadyExistsException if the name exists, even as a link
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
   * Opens a file and creates it if it is missing. Refuses a link or a pipe, because somebody else
   * may have put it there.
   *
   * @param options to write or to append, but not whether to create it
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
        // removed in between: try again
      }
    }
  }

  private static void requireFile(Path path) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile()) {
      throw new FileSystemException(
          "%s is %s, not a file: move it away"
              .formatted(
                  path,
                  found.isSymbolicLink()
                      ? "a symbolic link"
                      : found.isDirectory() ? "a directory" : "a pipe or a device"));
    }
  }

  /**
   * Removes the permissions of the group and of others from everything in a folder that belongs to
   * {@code owner}. The folder itself keeps those of the group unless others have some: an
   * administrator may have given it to a group. Leaves links alone.
   *
   * @return how many files and folders had such permissions
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
      // removed meanwhile, or the file system has no permissions
      return false;
    }
  }

  /** Only adds permissions, so that nobody gains access even for a moment. */
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
      // the file system does not keep permissions
    }
  }

  /** Includes the bits that Java has no names for, such as setgid, which hands down the group. */
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

  /** Forces the entries of a folder to disk for a power failure, if the system allows that. */
  public static void forceDirectory(Path directory) {
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    } catch (IOException e) {
      // the folder is writable but not readable
    }
  }
}
