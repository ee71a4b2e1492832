package io.ensrelay.base;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.jar.Manifest;

/** The version of the program. */
public final class Version {
  private Version() {}

  /**
   * Returns the version of the jar; empty outside a jar. The manifest has it under a name of its
   * own: Camel would take the standard attribute for Camel's version.
   */
  public static Optional<String> packaged() {
    try (InputStream in =
        Version.class.getClassLoader().getResourceAsStream("META-INF/MANIFEST.MF")) {
      return in == null
          ? Optional.empty()
          : Optional.ofNullable(new Manifest(in).getMainAttributes().getValue("Ens-Relay-Version"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
