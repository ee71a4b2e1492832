package io.ensrelay.service;

import io.ensrelay.config.Tenant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The shipped metadata routes as the only tenant of a relay uses them. */
final class OneTenant {
  /** Their pattern. */
  static final String METADATA = "file:target/one-tenant/metadata.camel.yaml";

  private OneTenant() {}

  static void write() {
    Path copy = Path.of(METADATA.substring("file:".length()));
    try {
      Files.createDirectories(copy.getParent());
      String shipped = Files.readString(Path.of("routes/metadata.camel.yaml"));
      Files.writeString(copy, shipped.replace(Tenant.PLACE, ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
