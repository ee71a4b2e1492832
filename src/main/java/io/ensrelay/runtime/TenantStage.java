package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.TenantAssignment;
import io.ensrelay.config.ExposedFiles;
import io.ensrelay.config.Role;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Secrets;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.intake.Tenants;
import io.ensrelay.service.ConfiguredTenants;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tenants of a relay, from the configuration to the watch over their files. Threads: one. */
final class TenantStage implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TenantStage.class);
  private static final int MOST_SHOWN = 5;

  private final Settings shared;
  private final TenantAssignment assignment;
  private final boolean several;
  private final TenantFolder.All atStart;
  private Optional<TenantWatch> watch = Optional.empty();

  /**
   * Reads the tenants.
   *
   * @param shared already checked
   * @throws ConfigurationException if none of them can run
   */
  TenantStage(Settings shared, TenantAssignment assignment) {
    this.shared = shared;
    this.assignment = assignment;
    TenantFolder folder = new TenantFolder(shared);
    several = folder.isUsed();
    atStart = folder.all();
    if (atStart.right().isEmpty()) {
      throw none(atStart.wrong());
    }
    LogSetup.hide(Secrets.of(shared, atStart));
  }

  private static ConfigurationException none(List<TenantFolder.Mistaken> wrong) {
    ConfigurationException first = wrong.get(0).problem();
    if (wrong.size() == 1) {
      return first;
    }
    wrong.stream()
        .skip(1)
        .limit(MOST_SHOWN)
        .forEach(each -> LOG.error("{}", each.problem().getMessage()));
    return first.in("none of the " + wrong.size() + " tenants can run");
  }

  /** The settings of one tenant, which stand for all when route files are checked. */
  Settings example() {
    return atStart.right().get(0).settings();
  }

  /** Whether there is only {@code ens.tenant}. */
  boolean isOne() {
    return !several;
  }

  /**
   * Whether the routes of the only tenant start with all others, in Camel's order, rather than when
   * Camel has started.
   */
  boolean startsWithCamel() {
    return !several && assignment.isAll();
  }

  /** Warns of files that others can read, and of destinations of unknown tenants. */
  void warn() {
    ExposedFiles.of(shared, atStart).forEach(LOG::warn);
    new TenantFolder(shared).unknownInDestinations().forEach(LOG::warn);
  }

  /**
   * Starts the tenants that this process holds, and watches their files.
   *
   * @param files used once for each tenant: their texts by their locations
   * @param changing held while routes change
   * @throws Exception if none can start
   */
  void start(CamelContext camel, Map<String, String> files, Lock changing) throws Exception {
    if (files.isEmpty()) {
      LOG.debug("no route file of the intake");
      return;
    }
    requireTemplates(files);
    // its settings are those of all tenants, not of the first one whose routes name it
    camel.getComponent("spool", SpoolComponent.class).spool();
    camel.getRegistry().bind("ensTenantAssignment", assignment);
    Map<String, String> taking = new TreeMap<>(files);
    Map<String, String> calling = new TreeMap<>();
    if (!assignment.isAll()) {
      // any machine may deliver the events of any tenant
      taking.keySet().removeIf(RoutePatterns::isOfDelivery);
      calling.putAll(files);
      calling.keySet().removeIf(file -> !deliversHere() || !RoutePatterns.isOfDelivery(file));
    }
    RunningTenants tenants =
        new RunningTenants(
            shared,
            new TenantRoutes(camel, taking, changing),
            new TenantCalls(new TenantRoutes(camel, calling, changing)),
            Tenants.of(camel),
            assignment);
    camel.getRegistry().bind(ConfiguredTenants.NAME, tenants);
    tenants.start(atStart);
    if (several || !assignment.isAll()) {
      boolean watches =
          several && shared.get("ens.routes.watch").filter("true"::equalsIgnoreCase).isPresent();
      watch = Optional.of(new TenantWatch(shared, atStart, tenants, watches));
      watch.get().start();
    }
  }

  private boolean deliversHere() {
    return Role.of(shared).delivers();
  }

  /** Refuses files of an earlier version, which would give all tenants the same beans. */
  private void requireTemplates(Map<String, String> files) {
    String old =
        files.entrySet().stream()
            .filter(file -> several && !file.getValue().contains(Tenant.PLACE))
            .map(file -> file.getKey().replaceFirst("^file:", ""))
            .collect(Collectors.joining(", "));
    if (!old.isEmpty()) {
      throw new ConfigurationException(
          old,
          "is of an earlier version, which serves one tenant",
          "let 'init' write a new folder, and take the file from there");
    }
  }

  /** Takes no more changes; the tenants go on until their intakes are stopped. */
  @Override
  public void close() {
    watch.ifPresent(TenantWatch::close);
  }
}
