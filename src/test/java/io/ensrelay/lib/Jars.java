package io.ensrelay.lib;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Jars and Maven repositories as small as can be. */
public final class Jars {
  private Jars() {}

  /** A jar that says what it is, in a folder that is made. */
  public static Path jar(Path dir, String library) throws IOException {
    Coordinates coordinates = Coordinates.of(library);
    Path file = Files.createDirectories(dir).resolve(coordinates.fileName());
    String written =
        "groupId=%s%nartifactId=%s%nversion=%s%n"
            .formatted(coordinates.group(), coordinates.artifact(), coordinates.version());
    write(
        file,
        "META-INF/maven/%s/%s/pom.properties"
            .formatted(coordinates.group(), coordinates.artifact()),
        written);
    return file;
  }

  /** A jar of this name that does not say what it is. */
  static Path silent(Path dir, String name) throws IOException {
    Path file = Files.createDirectories(dir).resolve(name);
    write(file, "some.txt", "text");
    return file;
  }

  private static void write(Path file, String entry, String text) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(text.getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    }
  }

  /**
   * Puts a library into a Maven repository, with its description and checksums.
   *
   * @param needs {@code group:artifact:version}, for some with a scope at the end, or with {@code
   *     optional}
   */
  public static Path publish(Path repository, String library, String... needs) throws IOException {
    Coordinates coordinates = Coordinates.of(library);
    Path dir =
        repository
            .resolve(coordinates.group().replace('.', '/'))
            .resolve(coordinates.artifact())
            .resolve(coordinates.version());
    Path jar = jar(dir, library);
    StringBuilder dependencies = new StringBuilder();
    for (String need : needs) {
      String[] parts = need.split(":");
      dependencies.append(
          """
              <dependency>
                <groupId>%s</groupId>
                <artifactId>%s</artifactId>
                <version>%s</version>
                %s
              </dependency>
          """
              .formatted(parts[0], parts[1], parts[2], parts.length > 3 ? kind(parts[3]) : ""));
    }
    Path pom =
        Files.writeString(
            dir.resolve(coordinates.fileName().replaceFirst("jar$", "pom")),
            """
            <project>
              <modelVersion>4.0.0</modelVersion>
              <groupId>%s</groupId>
              <artifactId>%s</artifactId>
              <version>%s</version>
              <dependencies>
            %s  </dependencies>
            </project>
            """
                .formatted(
                    coordinates.group(),
                    coordinates.artifact(),
                    coordinates.version(),
                    dependencies));
    checksum(jar);
    checksum(pom);
    return jar;
  }

  private static String kind(String word) {
    return word.equals("optional") ? "<optional>true</optional>" : "<scope>" + word + "</scope>";
  }

  static void checksum(Path file) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(file));
      Files.writeString(
          file.resolveSibling(file.getFileName() + ".sha1"), HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
