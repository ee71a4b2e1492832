package io.ensrelay.base;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.jar.Manifest;

/** Which version of the program this is. */
public final class Version {
  private Version() {}

  /**
   * Of the jar; empty where there is none. It stands in the jar's own manifest: the name that Java
   * has for it would be taken for Camel's version.
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
