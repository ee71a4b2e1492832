package io.ensrelay.lib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Jars side by side, as another machine's {@code lib/} or a build has them. Nothing says which
 * needs which, so a library comes with all of them.
 */
final class FolderOfJars implements LibrarySource {
  private static final String CHECKSUM = ".sha1";

  private final Path dir;
  private final BundledLibraries bundled;

  FolderOfJars(Path dir, BundledLibraries bundled) {
    this.dir = dir;
    this.bundled = bundled;
  }

  @Override
  public Resolution resolve(Coordinates wanted) throws IOException {
    LibFolder folder = new LibFolder(dir, bundled);
    List<LibraryFile> found = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (LibraryFile library : folder.libraries()) {
      Coordinates each = library.coordinates();
      var ours = bundled.version(each.group(), each.artifact());
      if (ours.isPresent() && !ours.get().equals(each.version())) {
        left.add(each.artifact() + " " + ours.get() + " (here: " + each.version() + ")");
      } else if (!bundled.holds(each)) {
        folder.requireFitting(library);
        verify(library.file());
        found.add(library);
      }
    }
    if (found.stream().noneMatch(each -> each.name().equals(wanted.fileName()))) {
      throw new IOException("there is no " + wanted.fileName() + " in " + dir);
    }
    return new Resolution(found, left);
  }

  /** Against the checksum that lies beside it, if one does. */
  private static void verify(Path jar) throws IOException {
    Path checksum = jar.resolveSibling(jar.getFileName() + CHECKSUM);
    if (!Files.exists(checksum)) {
      return;
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(jar));
      String said = Files.readString(checksum).strip().split("\\s+")[0];
      if (!HexFormat.of().formatHex(digest).equalsIgnoreCase(said)) {
        throw new IOException("the checksum of " + jar + " is wrong: get the file again");
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    // holds nothing
  }
}
