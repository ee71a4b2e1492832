package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.Secrets;
import io.ensrelay.config.Settings;
import io.ensrelay.config.TenantFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts changes of the tenants' files, and of the settings for tenants in {@code
 * application.properties}, into effect while the relay runs. A file counts when it has been the
 * same for a second. Tenants that can't run are tried again when their files or the files they name
 * change, and each minute.
 *
 * <p>Threads: one of its own.
 */
final class TenantWatch extends FileWatch {
  private static final Logger LOG = LoggerFactory.getLogger(TenantWatch.class);
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Settings atStart;
  private final RunningTenants tenants;
  private final boolean watches;
  private TenantFolder.All last;
  private Set<Path> named;
  private Map<Path, String> inEffect;
  private Map<Path, String> seen;
  private long seenSince;
  private long triedAt = System.nanoTime();
  private String told = "";

  /**
   * @param all in effect
   * @param watches whether changed files count
   */
  TenantWatch(Settings atStart, TenantFolder.All all, RunningTenants tenants, boolean watches) {
    super("tenants");
    this.atStart = atStart;
    this.tenants = tenants;
    this.watches = watches;
    last = all;
    named = all.named();
    inEffect = stamps();
    seen = inEffect;
  }

  @Override
  void failed(RuntimeException failure) {
    tell("The tenants' files can't be watched, trying again: " + failure);
  }

  @Override
  void look() {
    long now = System.nanoTime();
    if (watches) {
      Map<Path, String> stamps = stamps();
      if (!stamps.equals(seen)) {
        seen = stamps;
        seenSince = now;
      } else if (!stamps.equals(inEffect) && now - seenSince > QUIET_NANOS) {
        inEffect = stamps;
        read();
        return;
      }
    }
    if (now - triedAt > AGAIN_NANOS && tenants.hasMistakes()) {
      read();
    }
    tenants.tryAgain();
  }

  private void read() {
    triedAt = System.nanoTime();
    try {
      // all other changes need a restart
      Settings shared =
          atStart
              .again()
              .with("ens.data.dir", atStart.get("ens.data.dir").orElse("data"))
              .with(TenantFolder.KEY, atStart.get(TenantFolder.KEY).orElse("tenants"));
      TenantFolder folder = new TenantFolder(shared);
      if (!folder.isUsed()) {
        tell("There is no tenant's file in " + folder.path() + ": the tenants go on as they are");
        return;
      }
      TenantFolder.All all = folder.all(last);
      last = all;
      named = all.named();
      inEffect = stamps();
      LogSetup.hide(Secrets.of(shared, all));
      tenants.apply(all);
      told = "";
    } catch (ConfigurationException e) {
      tell(e.getMessage() + ". The tenants go on as they are");
    }
  }

  private void tell(String problem) {
    if (!problem.equals(told)) {
      LOG.warn("{}", problem);
    }
    told = problem;
  }

  /** Size, time and identity of each file, which show a change. */
  private Map<Path, String> stamps() {
    Set<Path> files = new TreeSet<>(named);
    files.add(atStart.userFile());
    try {
      files.addAll(new TenantFolder(atStart).files());
    } catch (ConfigurationException e) {
      LOG.debug("{}", e.getMessage());
    }
    Map<Path, String> stamps = new TreeMap<>();
    files.forEach(file -> stamps.put(file, stamp(file)));
    return stamps;
  }

  private static String stamp(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.size()
          + " "
          + now.lastModifiedTime().to(TimeUnit.NANOSECONDS)
          + " "
          + now.fileKey();
    } catch (IOException e) {
      return "missing";
    }
  }
}
