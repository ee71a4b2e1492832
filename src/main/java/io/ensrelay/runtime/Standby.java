package io.ensrelay.runtime;

import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.config.Settings;
import io.ensrelay.console.StandbyHealth;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The lock on the data directory, and with {@code ens.standby=true} the wait for it: a second relay
 * on the same disk takes over when the first one ends. Threads: called by one, which waits.
 */
final class Standby {
  private Standby() {}

  static DataDirectoryLock lock(Settings settings) throws IOException {
    Path data = Path.of(settings.get("ens.data.dir").orElseThrow());
    if (settings.get("ens.standby").filter("true"::equalsIgnoreCase).isEmpty()) {
      return DataDirectoryLock.of(data);
    }
    try (StandbyHealth health = new StandbyHealth(settings)) {
      return DataDirectoryLock.await(data);
    }
  }
}
