package io.ensrelay.lib;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The libraries in ens-relay's own jar, each in one version, as the build lists them. Immutable.
 */
public final class BundledLibraries {
  private static final String LIST = "/META-INF/ens-relay/bundled.txt";

  private final List<Coordinates> all;

  private BundledLibraries(List<Coordinates> all) {
    this.all = List.copyOf(all);
  }

  /** Of the jar this runs from; none where it does not run from one. */
  public static BundledLibraries packaged() {
    try (InputStream in = BundledLibraries.class.getResourceAsStream(LIST)) {
      if (in == null) {
        return new BundledLibraries(List.of());
      }
      return of(
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(LIST, e);
    }
  }

  /**
   * @param lines {@code group:artifact:version}, with a classifier at the end for some
   */
  static BundledLibraries of(List<String> lines) {
    return new BundledLibraries(
        lines.stream().filter(line -> !line.isBlank()).map(Coordinates::of).toList());
  }

  /**
   * Which version of a library is in the jar; one whose group is not known is found by its name.
   */
  Optional<String> version(String group, String artifact) {
    return all.stream()
        .filter(each -> each.artifact().equals(artifact))
        .filter(each -> group.isEmpty() || each.group().equals(group))
        .map(Coordinates::version)
        .findFirst();
  }

  /** Whether it is in the jar in this form, in whatever version. */
  public boolean holds(Coordinates library) {
    return all.stream()
        .filter(each -> each.artifact().equals(library.artifact()))
        .filter(each -> library.group().isEmpty() || each.group().equals(library.group()))
        .anyMatch(each -> each.classifier().equals(library.classifier()));
  }

  /**
   * The version that a library has to have because its relatives in the jar have it: of Camel,
   * Jackson and Netty, all parts fit together in one version only.
   */
  Optional<String> familyVersion(String group, String artifact) {
    if (group.equals(Coordinates.CAMEL)) {
      return camelVersion();
    }
    if (group.startsWith("com.fasterxml.jackson.")) {
      return version("com.fasterxml.jackson.core", "jackson-databind");
    }
    if (group.equals("io.netty") && !artifact.startsWith("netty-tcnative")) {
      return version("io.netty", "netty-common");
    }
    return Optional.empty();
  }

  /** Empty where this does not run from the jar. */
  public Optional<String> camelVersion() {
    return version(Coordinates.CAMEL, "camel-api");
  }
}
