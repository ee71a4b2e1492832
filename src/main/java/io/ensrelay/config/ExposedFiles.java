package io.ensrelay.config;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files with secrets or with personal data that other users of this machine can read. The group of
 * a file does not count: it is chosen, by an administrator or by Kubernetes.
 */
public final class ExposedFiles {
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "(?i).*(password|passwd|passphrase|token|secret|credentials?|(api|access|private).?key"
              + "|keystore\\.key|jaas\\.config)");

  /** With user info or parameters; the path of a destination can be its secret too. */
  private static final Pattern SECRET_URL = Pattern.compile("(?s).*\\w:/*([^/]*@|.*\\?).*");

  private static final Pattern PATH_URL = Pattern.compile("(?s)\\w+://[^/]+/.+");
  private static final String DESTINATION = "ens.destination.";

  private ExposedFiles() {}

  /**
   * A line for each, with its rights and the command that mends them; empty: there is none.
   *
   * @param tenants the tenants of the relay
   */
  public static List<String> of(Settings settings, TenantFolder.All tenants) {
    List<String> lines = of(settings);
    List<Path> files = new TenantFolder(settings).files();
    files.stream()
        .filter(ExposedFiles::holdsSecret)
        .flatMap(each -> file("the secrets in ", each).stream())
        .forEach(lines::add);
    tenants.right().stream()
        .flatMap(tenant -> tenant.settings().get("ens.tls.keystore").stream())
        .distinct()
        .flatMap(each -> path(each).stream())
        .flatMap(each -> file("the private key in ", each).stream())
        .filter(each -> !lines.contains(each))
        .forEach(lines::add);
    return lines;
  }

  /** The same without the tenants' files. */
  static List<String> of(Settings settings) {
    List<String> lines = new ArrayList<>();
    if (holdsSecret(settings.inUserFile())) {
      file("the secrets in ", settings.userFile()).ifPresent(lines::add);
    }
    settings.asProperties().stringPropertyNames().stream()
        .filter(key -> key.endsWith("keystore"))
        .sorted()
        .flatMap(key -> settings.get(key).stream())
        .distinct()
        .flatMap(each -> path(each).stream())
        .flatMap(each -> file("the private key in ", each).stream())
        .forEach(lines::add);
    settings
        .get("ens.data.dir")
        .flatMap(ExposedFiles::path)
        .flatMap(ExposedFiles::data)
        .ifPresent(lines::add);
    settings
        .get("ens.destination.archive.enabled")
        .filter("true"::equalsIgnoreCase)
        .flatMap(on -> settings.get("ens.archive.dir"))
        .flatMap(ExposedFiles::path)
        .flatMap(ExposedFiles::archive)
        .ifPresent(lines::add);
    return lines;
  }

  private static boolean holdsSecret(Map<String, String> values) {
    return values.entrySet().stream()
        .filter(entry -> !entry.getValue().isBlank())
        .anyMatch(
            entry ->
                SECRET_KEY.matcher(entry.getKey()).matches()
                    || SECRET_URL.matcher(entry.getValue()).matches()
                    || entry.getKey().startsWith(DESTINATION)
                        && PATH_URL.matcher(entry.getValue()).matches());
  }

  /** A tenant's file; that it can't be read is told elsewhere. */
  private static boolean holdsSecret(Path file) {
    try {
      Properties values = Settings.read(file);
      return holdsSecret(
          values.stringPropertyNames().stream()
              .collect(Collectors.toMap(key -> key, values::getProperty)));
    } catch (ConfigurationException e) {
      return false;
    }
  }

  private static Optional<Path> path(String value) {
    try {
      return Optional.of(Path.of(value));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> file(String what, Path file) {
    return rights(file)
        .filter(
            rights ->
                rights.contains(PosixFilePermission.OTHERS_READ)
                    || rights.contains(PosixFilePermission.OTHERS_WRITE))
        .map(rights -> line(what + file, rights, "chmod o-rwx " + file));
  }

  private static Optional<String> data(Path directory) {
    return rights(directory)
        .filter(ExposedFiles::isForOthers)
        .map(rights -> line("what is in " + directory, rights, "chmod -R go-rwx " + directory));
  }

  /** A folder whose files are closed tells others no more than the days. */
  private static Optional<String> archive(Path directory) {
    Optional<Set<PosixFilePermission>> rights = rights(directory).filter(ExposedFiles::isForOthers);
    if (rights.isEmpty()) {
      return Optional.empty();
    }
    boolean writable = rights.get().contains(PosixFilePermission.OTHERS_WRITE);
    try (Stream<Path> files = Files.list(directory)) {
      boolean readable =
          files
              .filter(Files::isRegularFile)
              .flatMap(each -> rights(each).stream())
              .anyMatch(each -> each.contains(PosixFilePermission.OTHERS_READ));
      return readable || writable
          ? Optional.of(
              line("the events in " + directory, rights.get(), "chmod -R o-rwx " + directory))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean isForOthers(Set<PosixFilePermission> rights) {
    return rights.stream().anyMatch(right -> right.name().startsWith("OTHERS_"));
  }

  private static String line(String what, Set<PosixFilePermission> rights, String remedy) {
    boolean read =
        rights.contains(PosixFilePermission.OTHERS_READ)
            || rights.contains(PosixFilePermission.OTHERS_EXECUTE);
    boolean write = rights.contains(PosixFilePermission.OTHERS_WRITE);
    return "Other users can %s %s (%s): %s"
        .formatted(
            read && write ? "read and change" : read ? "read" : "change",
            what,
            PosixFilePermissions.toString(rights),
            remedy);
  }

  /** Empty when others can't come to it, or the file system knows no rights. */
  private static Optional<Set<PosixFilePermission>> rights(Path path) {
    try {
      Path real = path.toRealPath();
      for (Path above = real.getParent(); above != null; above = above.getParent()) {
        if (!Files.getPosixFilePermissions(above).contains(PosixFilePermission.OTHERS_EXECUTE)) {
          return Optional.empty();
        }
      }
      return Optional.of(Files.getPosixFilePermissions(real));
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }
}
