package io.ensrelay.destination;

import io.ensrelay.base.FilePermissions;
import io.ensrelay.base.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;

/**
 * Appends events to files, one JSON text per line, one file per tenant and day: {@code
 * <tenant>-<day>.jsonl}, named after the day in UTC when the event is written.
 *
 * <p>An event is confirmed to the spool once its line is forced to disk; one forced write covers
 * all lines of a tenant since the previous one. After a crash, an incomplete last line is
 * truncated, and redelivered events are recognized by the ids at the end of the file. A failed
 * write leaves the file as it was after the last good one.
 *
 * <p>Others may remove, rename, cut or replace an open file. Events are confirmed only if, after
 * the force, their lines are in the file of that name; all others are redelivered and written to
 * the file that then has the name. Threads: safe.
 */
public final class Archive implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;

  /** Of a further tenant; there may be many. */
  private static final int SMALL_BUFFER_BYTES = 32 << 10;

  /** Far more than are unconfirmed at one time. */
  private static final int REMEMBERED_LINES = 20_000;

  private static final int LEAST_REMEMBERED_LINES = 2000;

  /** An event may come from anywhere, and its tenant becomes part of a file's name. */
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,64}");

  private static final int MOST_TENANTS = 1000;

  private final Path directory;
  private final String tenant;
  private final FilePermissions rights;
  private final Clock clock;
  private final Map<String, TenantArchive> byTenant = new ConcurrentHashMap<>();

  /** Creates an archive whose files only their owner can read. */
  public Archive(String directory, String tenant) {
    this(directory, tenant, false);
  }

  /**
   * @param tenant of all events, or of those that name none if the relay has several tenants
   * @param groupReadable whether the group can read the files, and the folder if it is created here
   */
  public Archive(String directory, String tenant, boolean groupReadable) {
    this(
        Path.of(directory),
        tenant,
        groupReadable ? FilePermissions.GROUP : FilePermissions.OWNER,
        Clock.systemUTC());
  }

  Archive(Path directory, String tenant, FilePermissions rights, Clock clock) {
    this.directory = directory;
    this.tenant = tenant;
    this.rights = rights;
    this.clock = clock;
  }

  /**
   * Appends the body of the exchange as one line, to its tenant's file if the relay has several. If
   * a failed write has taken back earlier lines of the same lane, this event is given back too, so
   * that it does not overtake them.
   *
   * @throws IOException if it can't be written; the file is unchanged, and the call may be repeated
   */
  public void append(Exchange exchange) throws IOException {
    String name =
        Meters.areByTenant(exchange.getContext())
            ? exchange.getMessage().getHeader("tenant", tenant, String.class)
            : tenant;
    of(name).append(exchange);
  }

  private TenantArchive of(String name) {
    TenantArchive known = byTenant.get(name);
    if (known != null) {
      return known;
    }
    boolean accepted = NAME.matcher(name).matches() && byTenant.size() < MOST_TENANTS;
    return byTenant.computeIfAbsent(accepted ? name : tenant, this::open);
  }

  private TenantArchive open(String name) {
    return new TenantArchive(
        directory,
        name,
        rights,
        clock,
        byTenant.isEmpty() ? BUFFER_BYTES : SMALL_BUFFER_BYTES,
        () -> Math.max(LEAST_REMEMBERED_LINES, REMEMBERED_LINES / byTenant.size()));
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (TenantArchive each : List.copyOf(byTenant.values())) {
      try {
        each.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    byTenant.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
