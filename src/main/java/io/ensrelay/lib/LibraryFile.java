package io.ensrelay.lib;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A jar and what it is: as Maven wrote into it, or as its name says where Maven wrote nothing. */
public record LibraryFile(Path file, Coordinates coordinates) {
  private static final Pattern NAME = Pattern.compile("(.+?)-(\\d.*)\\.jar");
  private static final Pattern WRITTEN =
      Pattern.compile("META-INF/maven/[^/]+/[^/]+/pom\\.properties");

  /**
   * @throws IOException when it is no jar
   */
  static LibraryFile of(Path file) throws IOException {
    String name = file.getFileName().toString();
    List<Coordinates> written = new ArrayList<>();
    try (ZipFile jar = new ZipFile(file.toFile())) {
      for (ZipEntry entry :
          jar.stream().filter(e -> WRITTEN.matcher(e.getName()).matches()).toList()) {
        Properties properties = new Properties();
        try (InputStream in = jar.getInputStream(entry)) {
          properties.load(in);
        }
        written.add(
            new Coordinates(
                properties.getProperty("groupId", ""),
                properties.getProperty("artifactId", ""),
                properties.getProperty("version", ""),
                ""));
      }
    }
    // one that has swallowed others holds their names too
    return new LibraryFile(
        file,
        written.stream()
            .filter(each -> name.startsWith(each.artifact() + "-" + each.version()))
            .findFirst()
            .map(each -> withClassifier(each, name))
            .orElseGet(() -> written.size() == 1 ? written.get(0) : byName(name)));
  }

  private static Coordinates withClassifier(Coordinates library, String name) {
    String rest = name.substring((library.artifact() + "-" + library.version()).length());
    return rest.startsWith("-")
        ? new Coordinates(
            library.group(),
            library.artifact(),
            library.version(),
            rest.substring(1, rest.length() - ".jar".length()))
        : library;
  }

  private static Coordinates byName(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? new Coordinates("", matcher.group(1), matcher.group(2), "")
        : new Coordinates("", name.replaceFirst("\\.jar$", ""), "", "");
  }

  String name() {
    return file.getFileName().toString();
  }
}
