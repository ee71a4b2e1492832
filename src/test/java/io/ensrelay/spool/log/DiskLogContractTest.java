package io.ensrelay.spool.log;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the log on disk. */
class DiskLogContractTest extends EventLogContract {
  @TempDir Path directory;

  @Override
  protected EventLog open(LogOptions options) throws Exception {
    return new DiskLog(directory, options);
  }
}
