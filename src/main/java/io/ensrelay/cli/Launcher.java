package io.ensrelay.cli;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.lib.BundledLibraries;
import io.ensrelay.lib.LibFolder;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Where {@code java -jar ens-relay.jar} begins: {@link EnsRelay}, with the jars of {@code lib/} on
 * its class path where there are some.
 *
 * <p>Without such jars it calls it directly, and loads hardly anything for that. With some it loads
 * ens-relay's jar and these anew, by one class loader, so that each sees the other.
 */
public final class Launcher {
  private static final String VARIABLE = "ENS_LIB_DIR";

  private Launcher() {}

  public static void main(String[] args) throws Throwable {
    // it has to be able to mend the folder
    if (args.length > 0 && args[0].equals("add")) {
      EnsRelay.main(args);
      return;
    }
    List<Path> libraries = List.of();
    try {
      libraries =
          libraries(System.getProperties(), System.getenv(), Path.of("application.properties"));
    } catch (ConfigurationException e) {
      System.err.println("ens-relay: " + e.getMessage());
      System.exit(2);
    }
    Optional<Path> own = libraries.isEmpty() ? Optional.empty() : LibFolder.ownJar();
    if (own.isEmpty()) {
      EnsRelay.main(args);
    } else {
      launch(own.get(), libraries, args);
    }
  }

  /** Before the settings are read, which takes classes that must come from the right loader. */
  static List<Path> libraries(Properties system, Map<String, String> environment, Path settings) {
    Path dir = LibFolder.of(setting(system, environment, settings));
    return LibFolder.hasJars(dir)
        ? new LibFolder(dir, BundledLibraries.packaged()).classPath()
        : List.of();
  }

  /** Found in the order in which the settings look for it. */
  static Optional<String> setting(
      Properties system, Map<String, String> environment, Path settings) {
    return value(system.getProperty(LibFolder.KEY))
        .or(() -> value(environment.get(VARIABLE)))
        .or(() -> inFile(settings));
  }

  private static Optional<String> inFile(Path settings) {
    try {
      String text = Files.readString(settings);
      if (!text.contains(LibFolder.KEY)) {
        return Optional.empty();
      }
      Properties properties = new Properties();
      properties.load(new StringReader(text));
      return value(properties.getProperty(LibFolder.KEY));
    } catch (IOException | IllegalArgumentException e) {
      // the reader of the whole file reports its mistakes
      return Optional.empty();
    }
  }

  private static Optional<String> value(String raw) {
    return Optional.ofNullable(raw).map(String::strip).filter(text -> !text.isEmpty());
  }

  private static void launch(Path own, List<Path> libraries, String[] args) throws Throwable {
    List<URL> urls = new ArrayList<>();
    urls.add(url(own));
    for (Path library : libraries) {
      urls.add(url(library));
    }
    // stays open: classes are loaded from it as long as the process lives
    URLClassLoader all =
        new URLClassLoader(
            "ens-relay", urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(all);
    try {
      all.loadClass(EnsRelay.class.getName())
          .getMethod("main", String[].class)
          .invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static URL url(Path file) throws MalformedURLException {
    return file.toUri().toURL();
  }
}
