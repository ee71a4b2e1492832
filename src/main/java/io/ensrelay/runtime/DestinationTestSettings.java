package io.ensrelay.runtime;

import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Secrets;
import io.ensrelay.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of destination tests: those of the user, what the test says, and directories of the
 * test.
 *
 * @param root the folder with {@code routes/} and application.properties
 */
record DestinationTestSettings(Path root) {
  /** Masks the secrets of the user's settings; nothing in the test file is a secret. */
  UnaryOperator<String> safe(DestinationTestFile file) {
    List<String> secrets =
        Secrets.of(of(file, Map.of(), file.path())).stream()
            // tests name the path of a URL; secrets in it are listed separately
            .filter(secret -> !secret.startsWith("/"))
            .toList();
    return text -> {
      String safe = text;
      for (String secret : secrets) {
        safe = safe.replace(secret, "***");
      }
      return safe;
    };
  }

  Settings of(DestinationTestFile file, Map<String, DestinationTestNode> config, Path data) {
    Properties given = new Properties();
    System.getProperties().stringPropertyNames().stream()
        .filter(key -> key.startsWith("ens.") || key.startsWith("camel."))
        .forEach(key -> given.setProperty(key, System.getProperty(key)));
    given.setProperty("ens.destination." + file.destination() + ".enabled", "true");
    config.forEach((key, value) -> given.setProperty(key, value.text(key)));
    given.setProperty("ens.data.dir", data.resolve("data").toString());
    given.setProperty("ens.archive.dir", data.resolve("events").toString());
    given.setProperty(
        "camel.main.routesIncludePattern",
        Stream.concat(shared().stream(), Stream.of(file.routes()))
            .map(each -> "file:" + each)
            .collect(Collectors.joining(",")));
    given.setProperty(
        "camel.component.kamelet.location",
        "file:"
            + root.resolve("routes/kamelets")
            + ",classpath:starter/routes/kamelets,classpath:kamelets");
    return Settings.load(root.resolve("application.properties"), System.getenv(), given);
  }

  /** Routes that several destinations use, and the policy for failures. */
  private List<Path> shared() {
    return ending(root.resolve("routes"), DestinationTestFile.ROUTES).stream()
        .filter(each -> !RoutePatterns.isOfTenants(each))
        .filter(each -> !takesEvents(each))
        .toList();
  }

  private static boolean takesEvents(Path routes) {
    String text = DestinationTestFile.text(routes);
    return text.contains("ens-events-source") || text.contains("spool:events");
  }

  /** The files of a folder, sorted. */
  static List<Path> ending(Path folder, String ending) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> each.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
