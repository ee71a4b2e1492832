package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.TenantFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The present texts of the files that a relay runs by. Reads a file again only if its size, its
 * time or its identity has changed, or if it changed so lately that a later write could have kept
 * them. Follows links. Threads: one at a time.
 */
final class WatchedFiles {
  private static final long MOST_BYTES = 1 << 20;

  /** File systems tell times apart by up to two seconds. */
  private static final long SETTLED_MILLIS = 3000;

  private final RoutePatterns patterns;
  private final List<Path> kamelets;
  private final Path settings;
  private final Optional<TenantFolder> tenants;
  private Map<Path, Read> known = new HashMap<>();

  /**
   * The content of a file.
   *
   * @param problem why there is no text
   */
  record Content(String text, Optional<String> problem) {
    static Content unreadable(String why) {
      return new Content("", Optional.of(why));
    }
  }

  private record Read(long size, FileTime time, Object identity, long readAt, Content content) {
    boolean isOf(BasicFileAttributes now) {
      return size == now.size()
          && time.equals(now.lastModifiedTime())
          && java.util.Objects.equals(identity, now.fileKey())
          && readAt - time.toMillis() > SETTLED_MILLIS;
    }
  }

  /**
   * @param kamelets the folders of the kamelets
   * @param settings the file with the settings, which need not exist
   * @param tenants the folder in which a first file may appear, for a relay with one tenant
   */
  WatchedFiles(
      RoutePatterns patterns, List<Path> kamelets, Path settings, Optional<TenantFolder> tenants) {
    this.patterns = patterns;
    this.kamelets = kamelets;
    this.settings = settings;
    this.tenants = tenants;
  }

  /**
   * Reads what has changed.
   *
   * @throws IOException if a folder is away, so that the existing files are unknown
   */
  Map<Path, Content> read() throws IOException {
    List<Path> files = new ArrayList<>();
    try {
      patterns.requireFolders();
      files.addAll(patterns.files());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (files.isEmpty()) {
      throw new NoSuchFileException(patterns.toString(), null, "no route file");
    }
    for (Path folder : kamelets) {
      try (Stream<Path> each = Files.list(folder)) {
        each.filter(file -> file.toString().endsWith(RouteFile.KAMELET)).forEach(files::add);
      }
    }
    files.add(settings);
    files.addAll(tenants());
    Map<Path, Read> now = new HashMap<>();
    Map<Path, Content> contents = new TreeMap<>();
    for (Path file : files) {
      read(file)
          .ifPresent(
              read -> {
                now.put(file, read);
                contents.put(file, read.content());
              });
    }
    known = now;
    return contents;
  }

  private List<Path> tenants() throws IOException {
    try {
      return tenants.map(TenantFolder::files).orElse(List.of());
    } catch (ConfigurationException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Empty: it does not exist. */
  private Optional<Read> read(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      Read before = known.get(file);
      if (before != null && before.isOf(attributes)) {
        return Optional.of(before);
      }
      return Optional.of(
          new Read(
              attributes.size(),
              attributes.lastModifiedTime(),
              attributes.fileKey(),
              System.currentTimeMillis(),
              content(file, attributes)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          new Read(-1, FileTime.fromMillis(0), file, 0, Content.unreadable("can't be read: " + e)));
    }
  }

  private static Content content(Path file, BasicFileAttributes attributes) throws IOException {
    if (attributes.size() > MOST_BYTES) {
      return Content.unreadable("is larger than 1 MB; make it smaller");
    }
    byte[] bytes = Files.readAllBytes(file);
    // as Camel reads a file: bytes that are not UTF-8 become replacement characters
    return new Content(new String(bytes, StandardCharsets.UTF_8), Optional.empty());
  }
}
