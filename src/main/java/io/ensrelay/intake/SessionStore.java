package io.ensrelay.intake;

import java.io.IOException;
import java.util.Optional;

/**
 * Keeps the data of each tenant's session, on the disk of this machine, or where every machine that
 * may take over the session finds it. Threads: those of the sessions, one for each tenant.
 */
public interface SessionStore {
  /** Returns what was written last, also by another machine; empty: nothing yet. */
  Optional<byte[]> read(String tenant) throws IOException;

  /** Returns when the data survives an end of this process. */
  void write(String tenant, byte[] session) throws IOException;

  /** Names the place for people. */
  String place(String tenant);
}
