package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.base.InParallel;
import io.ensrelay.base.WebAddress;
import io.ensrelay.check.Finding;
import io.ensrelay.check.Mistake;
import io.ensrelay.check.RouteCheck;
import io.ensrelay.config.ExposedFiles;
import io.ensrelay.config.Role;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.console.RelayAccess;
import io.ensrelay.destination.DestinationProbe;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import io.ensrelay.spool.DiskReserve;
import io.ensrelay.spool.KafkaKeys;
import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.KafkaCheck;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Checks each precondition of a relay on its own and continues after a failure. Does not disturb a
 * running relay: it never takes over its session and subscribes nothing. Threads: called by one;
 * route files are checked in another meanwhile.
 */
public final class Preconditions {

  /** Number of tenants checked at once: a check mostly waits for answers. */
  private static final int MOST_TENANTS = 16;

  private final Settings settings;
  private final boolean several;
  private final TenantFolder.All tenants;

  /** The settings of one tenant, which stand for all if there are several. */
  private final Settings example;

  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param given already checked
   */
  public Preconditions(Settings given) {
    settings = Role.complete(given);
    TenantFolder folder = new TenantFolder(settings);
    several = folder.isUsed();
    tenants = folder.all();
    example = tenants.right().stream().findFirst().map(Tenant::settings).orElse(settings);
  }

  /** Runs all checks; this can take a minute if several do not answer. */
  public List<Finding> all() {
    findings.clear();
    CompletableFuture<Set<String>> asked = new CompletableFuture<>();
    // the other checks mostly wait for the network
    CompletableFuture<List<Finding>> routes =
        CompletableFuture.supplyAsync(
            () -> routes(asked), task -> new Thread(task, "routes").start());
    try {
      services(asked);
    } finally {
      asked.complete(Set.of());
    }
    tried("data directory", "look at ens.data.dir", this::data);
    tried("disk", "look at ens.data.dir", this::disk);
    kafka();
    fileRights();
    findings.addAll(routes.join());
    destinations();
    return List.copyOf(findings);
  }

  /** Checks the service of each tenant, several at the same time. */
  private void services(CompletableFuture<Set<String>> names) {
    if (!Role.of(settings).takes()) {
      findings.add(Finding.ok("service", "not needed: " + Role.KEY + "=delivery"));
      return;
    }
    if (!several) {
      ServiceConditions service = new ServiceConditions(settings);
      findings.addAll(service.all());
      names.complete(service.names());
      return;
    }
    tenants.wrong().stream()
        .map(each -> Finding.failed("tenant " + each.name(), each.problem()))
        .forEach(findings::add);
    new TenantFolder(settings)
        .unknownInDestinations()
        .forEach(line -> findings.add(Finding.warning("tenants", line)));
    InParallel.each(tenants.right(), Preconditions::service, MOST_TENANTS)
        .forEach(findings::addAll);
  }

  /** One line if all is well, otherwise a line for each failure. */
  private static List<Finding> service(Tenant tenant) {
    List<Finding> all = new ServiceConditions(tenant.settings()).all();
    List<Finding> bad =
        all.stream()
            .filter(each -> each.level() != Finding.Level.OK)
            .map(each -> new Finding(tenant.name() + ": " + each.what(), each.level(), each.said()))
            .toList();
    return bad.isEmpty() ? List.of(Finding.ok("tenant " + tenant.name(), well(all))) : bad;
  }

  private static String well(List<Finding> all) {
    String types =
        all.stream()
            .filter(each -> each.what().equals(ServiceConditions.EVENT_TYPES))
            .map(each -> each.said() + ", ")
            .findFirst()
            .orElse("");
    return types + "and " + (all.size() - 1) + " more checks passed";
  }

  /**
   * @param remedy the advice after a failure
   */
  private void tried(String what, String remedy, ServiceConditions.Attempt attempt) {
    findings.add(ServiceConditions.result(what, remedy, attempt));
  }

  private Finding data(String what) throws IOException {
    Path data = Path.of(settings.get("ens.data.dir").orElse("data"));
    if (Files.notExists(data)) {
      return Finding.ok(what, data + " does not exist yet; the first start makes it");
    }
    if (DataDirectoryLock.isNew(data)) {
      return Finding.ok(what, data + " can be written");
    }
    Optional<DataDirectoryLock> lock = DataDirectoryLock.tryOf(data);
    if (lock.isEmpty()) {
      return Finding.ok(what, data + " is in use by a running relay");
    }
    lock.get().close();
    return Finding.ok(what, data + " is free and can be written");
  }

  /** The cluster that has the event log, if there is one. */
  private void kafka() {
    Optional<KafkaSettings> kafka;
    try {
      kafka = KafkaKeys.of(settings);
      if (kafka.isEmpty()) {
        return;
      }
      KafkaSettings.requireClient();
      new KafkaCheck(new KafkaAccess(kafka.get(), "check")).lines().forEach(this::add);
    } catch (ConfigurationException e) {
      findings.add(Finding.failed("Kafka", e.getMessage()));
    }
  }

  private void add(KafkaCheck.Line line) {
    Finding.Level level =
        switch (line.level()) {
          case OK -> Finding.Level.OK;
          case WARNING -> Finding.Level.WARNING;
          case FAILED -> Finding.Level.FAILED;
        };
    findings.add(new Finding(line.what(), level, line.text()));
  }

  private Finding disk(String what) throws IOException {
    Path data = Path.of(settings.get("ens.data.dir").orElse("data")).toAbsolutePath();
    while (!Files.exists(data)) {
      data = data.getParent();
    }
    long free = Files.getFileStore(data).getUsableSpace();
    long reserve = new DiskReserve(data).bytes();
    String said = String.format(Locale.ROOT, "%,d MB free", free >> 20);
    if (free <= reserve) {
      return Finding.failed(
          what, said + ", the relay accepts no event below " + (reserve >> 20) + " MB: make room");
    }
    return free < 10 * reserve
        ? Finding.warning(what, said + ": make room before a destination is down for long")
        : Finding.ok(what, said);
  }

  private void fileRights() {
    String what = "file rights";
    List<String> exposed = ExposedFiles.of(settings, tenants);
    exposed.forEach(each -> findings.add(Finding.warning(what, each)));
    if (exposed.isEmpty()) {
      findings.add(Finding.ok(what, "other users can't read the secrets"));
    }
  }

  /**
   * @param asked the event types that the service has now
   */
  private List<Finding> routes(CompletableFuture<Set<String>> asked) {
    String what = "routes";
    RoutePatterns patterns = new RoutePatterns(settings);
    List<Mistake> mistakes =
        patterns.areBuiltIn() ? List.of() : new RouteCheck(example, () -> eventTypes(asked)).all();
    List<Finding> found = new ArrayList<>();
    mistakes.forEach(mistake -> found.add(Finding.of(what, mistake)));
    // a start would show the first of these only
    if (mistakes.stream().noneMatch(Mistake::isFailure)) {
      found.add(
          ServiceConditions.result(
              what, "look at camel.main.routesIncludePattern", each -> start(each, patterns)));
    }
    return found;
  }

  /**
   * The event types that an earlier run learned; before the first run those that the service has
   * now.
   */
  private Set<String> eventTypes(CompletableFuture<Set<String>> asked) {
    Set<String> known = RouteContext.eventTypes(settings);
    return known.isEmpty() ? asked.join() : known;
  }

  private Finding start(String what, RoutePatterns patterns) throws IOException {
    Optional<ConfigurationException> problem = new TrialStart(example).problem();
    return problem
        .map(each -> Finding.failed(what, each))
        .orElse(
            Finding.ok(
                what,
                patterns.areBuiltIn()
                    ? "the built-in ones start: there is no folder routes"
                    : patterns.files().size() + " files, all their routes start"));
  }

  private void destinations() {
    if (isOn("ens.destination.archive.enabled")) {
      tried("archive", "look at ens.archive.dir", this::archive);
    }
    if (isOn("ens.destination.webhook.enabled")) {
      tried(
          "webhook",
          "look at ens.destination.webhook.url, ens.destination.webhook.proxy and the firewall",
          this::webhook);
    }
    findings.addAll(new DestinationProbe(settings).look());
    Path data = Path.of(settings.get("ens.data.dir").orElse("data"));
    if (Files.isDirectory(data.resolve("spool"))) {
      tried("subscriptions", "look into the log of the relay", this::subscriptions);
      tried("topics", "look into the log of the relay", this::topics);
    }
  }

  private boolean isOn(String key) {
    return settings.get(key).filter("true"::equalsIgnoreCase).isPresent();
  }

  private Finding archive(String what) throws IOException {
    Path dir = Path.of(settings.get("ens.archive.dir").orElse("events")).toAbsolutePath();
    Path there = dir;
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    return Files.isWritable(there)
        ? Finding.ok(what, dir + " can be written")
        : Finding.failed(what, there + " can't be written: give it to the user of the relay");
  }

  private Finding webhook(String what) throws IOException {
    WebAddress url = WebAddress.of(settings.get("ens.destination.webhook.url").orElseThrow());
    Optional<HttpProxy> proxy = HttpProxy.of(settings, "ens.destination.webhook");
    if (url.scheme().equals("https")) {
      int port = url.port() < 0 ? 443 : url.port();
      TlsMaterial tls = settings.tls("ens.destination.webhook");
      return ServiceConditions.server(
          what, new Dialer(url.host(), port, tls, proxy), url.host(), port);
    }
    // over HTTP a proxy gets the request itself, not a CONNECT
    return proxy.isPresent()
        ? reached(what, proxy.get().host(), proxy.get().port())
        : reached(what, url.host(), url.port() < 0 ? 80 : url.port());
  }

  /** Connects but sends nothing. */
  private static Finding reached(String what, String host, int port) throws IOException {
    try (Socket socket = Dialer.connect(host, port)) {
      return Finding.ok(
          what, (host.contains(":") ? "[" + host + "]" : host) + ":" + port + " takes connections");
    }
  }

  /** Finds subscriptions without a route; only a running relay knows its routes. */
  private Finding subscriptions(String what) throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings)) {
      List<String> unused = new ArrayList<>();
      int count = 0;
      for (JsonNode each : relay.get("/api/destinations")) {
        count++;
        if (each.path("state").asText().equals("unused")) {
          unused.add(each.path("name").asText());
        }
      }
      return unused.isEmpty()
          ? Finding.ok(what, count + (relay.isRunning() ? ", each read by a route" : " on disk"))
          : Finding.warning(
              what,
              "no route reads "
                  + String.join(", ", unused)
                  + ", and it collects events: add its route, or 'destinations forget'");
    }
  }

  /** Finds subscriptions that the service did not grant; only a running relay knows. */
  private Finding topics(String what) throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings)) {
      if (!relay.isRunning()) {
        return Finding.ok(what, "not checked: only a running relay subscribes");
      }
      List<String> refused = new ArrayList<>();
      int subscribed = 0;
      for (JsonNode tenant : relay.get("/api/status").path("tenants")) {
        JsonNode topics = tenant.path("topics");
        subscribed += topics.path("subscribed").asInt();
        for (JsonNode each : topics.path("others")) {
          if (each.path("state").asText().equals("refused")) {
            refused.add(each.path("key").asText() + " (" + each.path("problem").asText() + ")");
          }
        }
      }
      return refused.isEmpty()
          ? Finding.ok(what, subscribed + " subscribed")
          : Finding.failed(what, "not granted by the service: " + String.join("; ", refused));
    }
  }
}
