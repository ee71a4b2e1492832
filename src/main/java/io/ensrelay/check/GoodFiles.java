package io.ensrelay.check;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.base.Version;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The contents of route files that need no further look: those of the shipped files, and those that
 * an earlier start with the same version found good, by their SHA-256. Saves a start the seconds
 * that the schema takes. Threads: one at a time.
 */
final class GoodFiles {
  private static final Logger LOG = LoggerFactory.getLogger(GoodFiles.class);
  private static final List<String> SHIPPED =
      List.of("/starter/routes/", "/starter/routes/destinations/", "/starter/routes/kamelets/");
  private static final long LARGEST = 1 << 20;

  private final Optional<Path> file;
  private final Set<String> before = new HashSet<>();
  private final Set<String> now = new TreeSet<>();

  /**
   * @param file where they are kept; empty: nowhere
   */
  GoodFiles(Optional<Path> file) {
    this.file = file;
    file.filter(Files::isRegularFile).ifPresent(this::read);
  }

  private void read(Path kept) {
    try {
      if (Files.size(kept) <= LARGEST) {
        before.addAll(Files.readAllLines(kept));
      }
    } catch (IOException e) {
      LOG.debug("Can't read {}: all route files are checked again", kept, e);
    }
  }

  /** Whether it is the content of a shipped file of that name. */
  static boolean isShipped(Path file) {
    try {
      return Files.size(file) <= LARGEST && isShipped(file, Files.readString(file));
    } catch (IOException e) {
      return false;
    }
  }

  static boolean isShipped(RouteText.Loaded route) {
    try {
      return isShipped(route.file(), route.text());
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isShipped(Path file, String text) throws IOException {
    for (String folder : SHIPPED) {
      try (InputStream in = GoodFiles.class.getResourceAsStream(folder + file.getFileName())) {
        if (in != null && new String(in.readAllBytes(), StandardCharsets.UTF_8).equals(text)) {
          return true;
        }
      }
    }
    return false;
  }

  boolean knows(RouteText.Loaded route) {
    String hash = hash(route.text());
    boolean known = before.contains(hash);
    if (known) {
      now.add(hash);
    }
    return known;
  }

  void add(RouteText.Loaded route) {
    now.add(hash(route.text()));
  }

  /** Keeps those that were asked for or added; a failure costs time at the next start only. */
  void save() {
    if (file.isEmpty() || now.equals(before)) {
      return;
    }
    try {
      AtomicFile.replace(
          file.get(), String.join("\n", now).concat("\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.debug("Can't write {}", file.get(), e);
    }
  }

  private static String hash(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(Version.packaged().orElse("").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
