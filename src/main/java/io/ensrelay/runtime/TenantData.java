package io.ensrelay.runtime;

import io.ensrelay.base.FilePermissions;
import io.ensrelay.config.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the data of a tenant when a relay with one tenant becomes one with several, or the other
 * way round: otherwise the tenant would get a new client id, and lose the messages that wait in its
 * session. Threads: one; nothing of the tenant runs.
 */
final class TenantData {
  private static final Logger LOG = LoggerFactory.getLogger(TenantData.class);

  /** The last file marks the place of the tenant's data. */
  private static final List<String> FILES = List.of("metadata.json", "session.json");

  private final Path shared;

  /**
   * @param shared the data directory
   */
  TenantData(Path shared) {
    this.shared = shared;
  }

  /**
   * Makes a tenant's folder, and moves its data there.
   *
   * @param wasOnly whether it is the tenant that a relay without a folder of tenants has
   * @throws IOException if that fails; a later call goes on
   */
  void settle(Tenant tenant, boolean wasOnly) throws IOException {
    Path own = tenant.directory();
    FilePermissions.OWNER.createDirectories(own);
    Path other =
        tenant.suffix().isEmpty() ? shared.resolve("tenants").resolve(tenant.name()) : shared;
    if (!wasOnly || Files.exists(own.resolve("session.json"))) {
      return;
    }
    for (String name : FILES) {
      Path file = other.resolve(name);
      if (Files.exists(file)) {
        Files.move(file, own.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        LOG.info("Moved {} to {}", file, own);
      }
    }
  }
}
