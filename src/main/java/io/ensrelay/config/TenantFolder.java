package io.ensrelay.config;

import io.ensrelay.base.Closest;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.InParallel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder with a file for each tenant ({@code ens.tenants.dir}): {@code acme.properties} holds
 * what the tenant acme has for itself. Without such a file the relay has one tenant, {@code
 * ens.tenant}. Each call reads the folder again. Threads: safe.
 */
public final class TenantFolder {
  public static final String KEY = "ens.tenants.dir";
  private static final String ENDING = ".properties";

  /** More would need more threads and memory than one process has. */
  private static final int MOST = 1000;

  private final Settings shared;
  private final Path folder;

  /**
   * @param shared the settings without any tenant's
   */
  public TenantFolder(Settings shared) {
    this.shared = shared;
    folder = Path.of(shared.get(KEY).orElse("tenants"));
  }

  /** The folder, which need not exist. */
  public Path path() {
    return folder;
  }

  /** Whether the relay has its tenants from this folder. */
  public boolean isUsed() {
    return !files().isEmpty();
  }

  /**
   * The tenants' files, sorted; hidden files and those with another ending do not count.
   *
   * @throws ConfigurationException if the folder can't be read, or holds too many
   */
  public List<Path> files() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> files = all.filter(TenantFolder::isTenants).sorted().toList();
      if (files.size() > MOST) {
        throw new ConfigurationException(
            KEY,
            folder.toString(),
            "has " + files.size() + " tenants",
            "run several relays, with at most " + MOST + " each");
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      throw new ConfigurationException(
          KEY, folder.toString(), "can't be read", "give a folder that this user may read");
    }
  }

  private static boolean isTenants(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(ENDING) && !name.startsWith(".") && !Files.isDirectory(file);
  }

  /** The tenant that a file is of. */
  public static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - ENDING.length());
  }

  /** The names of the tenants, also of those with mistakes. */
  public List<String> names() {
    List<Path> files = files();
    return files.isEmpty()
        ? List.of(Tenant.only(shared).name())
        : files.stream().map(TenantFolder::name).toList();
  }

  /** A line for each setting of a destination that names a tenant that does not exist. */
  public List<String> unknownInDestinations() {
    if (!isUsed()) {
      return List.of();
    }
    List<String> names = names();
    return shared.asProperties().stringPropertyNames().stream()
        .filter(key -> key.startsWith("ens.destination.") && key.endsWith(".tenants"))
        .sorted()
        .flatMap(
            key ->
                Stream.of(shared.get(key).orElse("*").split("\\s*,\\s*"))
                    .filter(name -> !name.equals("*") && !names.contains(name))
                    .map(name -> key + " names " + name + ", which is not a tenant"))
        .toList();
  }

  /**
   * A tenant that can't run as it is configured.
   *
   * @param problem with the file and the key
   */
  public record Mistaken(String name, ConfigurationException problem) {}

  /**
   * All tenants of the configuration.
   *
   * @param right those without a mistake
   * @param wrong the others
   * @param named the files that the wrong ones name, whose change may mend them
   */
  public record All(List<Tenant> right, List<Mistaken> wrong, Set<Path> named) {
    public Optional<Tenant> of(String name) {
      return right.stream().filter(tenant -> tenant.name().equals(name)).findFirst();
    }
  }

  /** Reads and checks every tenant; the only one, without files, is not checked again. */
  public All all() {
    return all(new All(List.of(), List.of(), Set.of()));
  }

  /** The same; a tenant that was right before and has the same settings is not checked again. */
  public All all(All before) {
    List<Path> files = files();
    if (files.isEmpty()) {
      return new All(List.of(Tenant.only(shared)), List.of(), Set.of());
    }
    List<Tenant> right = new ArrayList<>();
    List<Mistaken> wrong = new ArrayList<>();
    // each decrypts its certificates
    for (Result result : InParallel.each(files, file -> result(file, before))) {
      result.tenant().ifPresent(right::add);
      result.mistake().ifPresent(wrong::add);
    }
    refuseSharedSessions(right, wrong);
    Set<Path> named = new TreeSet<>();
    files.stream()
        .filter(file -> wrong.stream().anyMatch(each -> each.name().equals(name(file))))
        .forEach(file -> named.addAll(named(file)));
    return new All(List.copyOf(right), List.copyOf(wrong), Set.copyOf(named));
  }

  private List<Path> named(Path file) {
    try {
      Settings own = shared.under(Settings.read(file));
      return Stream.of("ens.tls.keystore", "ens.tls.truststore")
          .flatMap(key -> own.get(key).stream())
          .map(Path::of)
          .toList();
    } catch (ConfigurationException | InvalidPathException e) {
      return List.of();
    }
  }

  /** The tenants as far as their files can be read, with whatever they hold. */
  public List<Tenant> unchecked() {
    List<Path> files = files();
    return files.isEmpty()
        ? List.of(Tenant.only(shared))
        : files.stream().flatMap(file -> unchecked(file).stream()).toList();
  }

  private Optional<Tenant> unchecked(Path file) {
    try {
      return Optional.of(Tenant.of(name(file), shared.under(Settings.read(file))));
    } catch (ConfigurationException e) {
      return Optional.empty();
    }
  }

  private record Result(Optional<Tenant> tenant, Optional<Mistaken> mistake) {}

  private Result result(Path file, All before) {
    try {
      return new Result(Optional.of(tenant(file, before)), Optional.empty());
    } catch (ConfigurationException e) {
      return new Result(Optional.empty(), Optional.of(new Mistaken(name(file), e)));
    }
  }

  /**
   * Reads a tenant's file and checks the settings in effect for it.
   *
   * @throws ConfigurationException for the first mistake
   */
  private Tenant tenant(Path file, All before) {
    String name = name(file);
    try {
      ValueRules.tenant().check("the name of a tenant", name);
      Properties own = Settings.read(file);
      new TreeSet<>(own.stringPropertyNames()).forEach(TenantFolder::requireTenants);
      Tenant tenant = Tenant.of(name, shared.under(own));
      Optional<Tenant> same = before.of(name).filter(tenant::isSame);
      if (same.isEmpty()) {
        tenant.settings().checkTenant();
      }
      return same.orElse(tenant);
    } catch (ConfigurationException e) {
      throw e.getMessage().startsWith(file.toString()) ? e : e.in(file.toString());
    }
  }

  private static void requireTenants(String key) {
    if (KnownKeys.isOfTenant(key)) {
      return;
    }
    if (KnownKeys.isKnown(key) || !key.startsWith("ens.")) {
      throw new ConfigurationException(
          key, "is a key of the whole relay", "put it into application.properties");
    }
    Set<String> tenants =
        KnownKeys.inOrder().stream().filter(KnownKeys::isOfTenant).collect(Collectors.toSet());
    throw new ConfigurationException(
        key,
        "unknown key",
        Closest.to(key, tenants, KnownKeys.FARTHEST_TYPO)
            .map(known -> "did you mean " + known + "?")
            .orElse("take it out, or see docs/tenants.md"));
  }

  /** Two clients of one id at one service throw each other out for ever. */
  private static void refuseSharedSessions(List<Tenant> right, List<Mistaken> wrong) {
    Map<String, List<Tenant>> bySession = new LinkedHashMap<>();
    for (Tenant tenant : right) {
      session(tenant)
          .ifPresent(id -> bySession.computeIfAbsent(id, each -> new ArrayList<>()).add(tenant));
    }
    bySession.values().stream()
        .filter(tenants -> tenants.size() > 1)
        .forEach(
            tenants -> {
              right.removeAll(tenants);
              String names =
                  tenants.stream().map(Tenant::name).sorted().collect(Collectors.joining(", "));
              tenants.forEach(tenant -> wrong.add(new Mistaken(tenant.name(), sameId(names))));
            });
  }

  private static ConfigurationException sameId(String names) {
    return new ConfigurationException(
        "ens.mqtt.client-id",
        "is the same for the tenants "
            + names
            + " at one service, so each would end the other's session",
        "give each its own, or leave it out");
  }

  private static Optional<String> session(Tenant tenant) {
    return tenant
        .settings()
        .get("ens.mqtt.client-id")
        .flatMap(
            id ->
                tenant
                    .settings()
                    .get("ens.mqtt.url")
                    .map(url -> URI.create(url).getRawAuthority() + " " + id));
  }

  /** Whether the folder's setting, if given, names a folder. */
  static void requireFolder(String key, Settings settings) {
    String given = settings.get(key).orElse("");
    if (!settings.isDefault(key) && !Files.isDirectory(Path.of(given))
        || Files.exists(Path.of(given), LinkOption.NOFOLLOW_LINKS)
            && !Files.isDirectory(Path.of(given))) {
      throw new ConfigurationException(
          key, given, "is no folder", "make it, or take the setting out");
    }
  }
}
