package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * Finds the driver for a JDBC URL among the libraries that are there. Immutable.
 *
 * @param prefix of the keys that messages name
 * @param name of its class; empty: the driver that knows the URL
 * @param library with the driver; empty: not known
 */
record SqlDriver(String prefix, String url, String name, String library) {

  /**
   * @throws ConfigurationException if there is none; it says how to get it
   */
  Driver find() {
    ClassLoader loader = SqlDriver.class.getClassLoader();
    return name.isEmpty() ? byUrl(loader) : byName(loader);
  }

  private Driver byName(ClassLoader loader) {
    try {
      return Class.forName(name, true, loader)
          .asSubclass(Driver.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | ClassCastException | LinkageError e) {
      throw new ConfigurationException(
          prefix + ".driver", name, "is no driver that is there", remedy());
    }
  }

  private Driver byUrl(ClassLoader loader) {
    return ServiceLoader.load(Driver.class, loader).stream()
        .flatMap(each -> made(each).stream())
        .filter(this::knowsUrl)
        .findFirst()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    prefix + ".url",
                    "no driver for " + url.replaceFirst("^(jdbc:\\w+).*", "$1"),
                    remedy()));
  }

  /** Empty: another library's driver that can't be loaded. */
  private static Optional<Driver> made(ServiceLoader.Provider<Driver> provider) {
    try {
      return Optional.of(provider.get());
    } catch (ServiceConfigurationError | LinkageError e) {
      return Optional.empty();
    }
  }

  private boolean knowsUrl(Driver driver) {
    try {
      return driver.acceptsURL(url);
    } catch (SQLException e) {
      return false;
    }
  }

  private String remedy() {
    return library.isEmpty()
        ? "put the jar of the driver into lib/"
        : "get it by: ens-relay add " + library;
  }

  /** Omits the URL, which may hold a password. */
  @Override
  public String toString() {
    return "SqlDriver[" + library + "]";
  }
}
