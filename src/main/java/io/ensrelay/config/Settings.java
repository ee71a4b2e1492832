package io.ensrelay.config;

import io.ensrelay.base.Closest;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FileOwner;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings in effect: {@code -D} options go before environment variables ({@code ens.mqtt.url}
 * is {@code ENS_MQTT_URL}), these before the user's file, and that before the defaults built in. A
 * tenant's own file goes before all of these.
 *
 * <p>A blank value counts as not set, wherever it stands. Only keys under {@code ens.} and {@code
 * camel.} are looked up outside the file. Immutable; a change of the file needs a new instance.
 */
public final class Settings {
  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
  static final String DEFAULTS = "/starter/application.properties";

  private final Properties defaults;
  private final Path userFile;
  private final Properties file;
  private final Map<String, String> environment;
  private final Properties system;

  /** Goes before all others: a tenant's file, and values that the program sets. */
  private final Properties own;

  private final Map<String, TlsMaterial> certificates = new ConcurrentHashMap<>();

  private Settings(
      Properties defaults,
      Path userFile,
      Properties file,
      Map<String, String> environment,
      Properties system,
      Properties own) {
    this.defaults = defaults;
    this.userFile = userFile;
    this.file = file;
    this.environment = Map.copyOf(environment);
    this.system = system;
    this.own = own;
  }

  /**
   * Reads the settings; a {@code userFile} that does not exist is an empty one.
   *
   * @throws ConfigurationException if the file is there and can't be read as UTF-8 properties
   */
  public static Settings load(Path userFile, Map<String, String> environment, Properties system) {
    Properties copy = new Properties();
    system.stringPropertyNames().forEach(key -> copy.setProperty(key, system.getProperty(key)));
    return new Settings(builtIn(), userFile, read(userFile), environment, copy, new Properties());
  }

  /**
   * Reads the same file again, with the same options and environment.
   *
   * @throws ConfigurationException if the file is there and can't be read as UTF-8 properties
   */
  public Settings again() {
    return new Settings(defaults, userFile, read(userFile), environment, system, own);
  }

  /** Returns a copy in which a tenant's properties go before all but what the program sets. */
  Settings under(Properties tenant) {
    Properties both = new Properties();
    both.putAll(tenant);
    both.putAll(own);
    return new Settings(defaults, userFile, file, environment, system, both);
  }

  /** Returns a copy in which a key has another value, wherever it is set. */
  public Settings with(String key, String value) {
    Properties changed = new Properties();
    changed.putAll(own);
    changed.setProperty(key, value);
    return new Settings(defaults, userFile, file, environment, system, changed);
  }

  /** Returns a copy in which a key that is set nowhere has this value. */
  Settings orElse(String key, String value) {
    if (get(key).isPresent()) {
      return this;
    }
    Properties more = new Properties();
    more.putAll(defaults);
    more.setProperty(key, value);
    return new Settings(more, userFile, file, environment, system, own);
  }

  /** The value in effect without surrounding white space, empty if the key is not set. */
  public Optional<String> get(String key) {
    boolean ours = isOurs(key);
    return value(own.getProperty(key))
        .or(() -> value(system.getProperty(key)))
        .or(() -> ours ? value(environment.get(variable(key))) : Optional.empty())
        .or(() -> value(file.getProperty(key)))
        .or(() -> value(defaults.getProperty(key)));
  }

  /** Where the user's file is, or would be. */
  public Path userFile() {
    return userFile;
  }

  /** The content of the user's file; a copy. */
  Map<String, String> inUserFile() {
    return file.stringPropertyNames().stream()
        .collect(Collectors.toMap(key -> key, file::getProperty));
  }

  /** Whether the key has the value that it has when nobody sets it. */
  public boolean isDefault(String key) {
    return get(key).equals(value(defaults.getProperty(key)));
  }

  /**
   * Every key that has a value, written so that a placeholder of Camel gives exactly that value; a
   * copy. Camel must not look at environment and options on its own: it prefers the environment.
   */
  public Properties asProperties() {
    Set<String> keys = new TreeSet<>(KnownKeys.inOrder());
    keys.addAll(defaults.stringPropertyNames());
    keys.addAll(given());
    Properties all = new Properties();
    keys.forEach(key -> get(key).ifPresent(value -> all.setProperty(key, forCamel(value))));
    return all;
  }

  /**
   * The certificates that the settings beginning with {@code prefix} name, which are read at the
   * first use of the result; always the same one.
   */
  public TlsMaterial tls(String prefix) {
    return certificates.computeIfAbsent(prefix, this::newTls);
  }

  private TlsMaterial newTls(String prefix) {
    TlsMaterial tls = new TlsMaterial();
    tls.setPrefix(prefix);
    tls.setServer(prefix.equals("ens.http.tls"));
    get(prefix + ".keystore").ifPresent(tls::setKeystore);
    get(prefix + ".keystore-password").ifPresent(tls::setKeystorePassword);
    get(prefix + ".key-alias").ifPresent(tls::setKeyAlias);
    get(prefix + ".truststore").ifPresent(tls::setTruststore);
    get(prefix + ".truststore-password").ifPresent(tls::setTruststorePassword);
    get("ens.tls.protocols").ifPresent(tls::setProtocols);
    return tls;
  }

  /**
   * Looks at every setting as far as that is possible without the network; changes nothing. With a
   * folder of tenants, what concerns a tenant is left to {@link TenantFolder#all}.
   *
   * @throws ConfigurationException for the first problem: unknown keys come first, because a
   *     misspelt key explains a missing one, then values that Camel would change, then the keys in
   *     the order of application.properties
   */
  public void check() {
    given().stream().filter(key -> key.startsWith("ens.")).forEach(KnownKeys::requireKnown);
    misspeltVariables().forEach(LOG::warn);
    given().forEach(key -> get(key).ifPresent(value -> KnownKeys.requireNoReload(key, value)));
    environment.forEach(
        (name, value) ->
            value(value).ifPresent(set -> KnownKeys.requireNoReload(ofCamel(name), set)));
    KnownKeys.inOrder()
        .forEach(key -> get(key).ifPresent(value -> KnownKeys.requireVerbatim(key, value)));
    boolean several = new TenantFolder(this).isUsed();
    KnownKeys.inOrder().stream()
        .filter(key -> !several || !KnownKeys.isOfTenant(key))
        .forEach(key -> KnownKeys.check(key, this));
    logLevelKeys().forEach(key -> KnownKeys.check(key, this));
  }

  /** Looks at the settings that concern a tenant, in the same way. */
  void checkTenant() {
    List<String> keys = KnownKeys.inOrder().stream().filter(KnownKeys::isOfTenant).toList();
    keys.forEach(key -> get(key).ifPresent(value -> KnownKeys.requireVerbatim(key, value)));
    keys.forEach(key -> KnownKeys.check(key, this));
  }

  /** The levels to log at by the names of the loggers, that of all others by {@code ROOT}. */
  public Map<String, String> logLevels() {
    Map<String, String> levels = new TreeMap<>();
    get(KnownKeys.LOG_LEVEL).ifPresent(level -> levels.put(Logger.ROOT_LOGGER_NAME, level));
    logLevelKeys()
        .forEach(
            key ->
                get(key)
                    .ifPresent(
                        level ->
                            levels.put(key.substring(KnownKeys.LOG_LEVEL.length() + 1), level)));
    return levels;
  }

  private Set<String> logLevelKeys() {
    return given(KnownKeys::isLogLevel);
  }

  /** The properties of Kafka's client for the spool, by the names that Kafka gives them. */
  public Map<String, String> kafkaClient() {
    Map<String, String> properties = new TreeMap<>();
    given(KnownKeys::isOfKafkaClient)
        .forEach(
            key ->
                get(key)
                    .ifPresent(
                        value ->
                            properties.put(key.substring(KnownKeys.KAFKA.length() + 1), value)));
    return properties;
  }

  /** The settings that are given, in the file or outside it. */
  private Set<String> given(Predicate<String> wanted) {
    Set<String> keys = new TreeSet<>();
    environment.keySet().stream().map(Settings::key).filter(wanted).forEach(keys::add);
    given().stream().filter(wanted).forEach(keys::add);
    return keys;
  }

  /**
   * A line for each environment variable that looks like a misspelt setting; without its value. Not
   * an error: the environment is not the relay's alone.
   */
  List<String> misspeltVariables() {
    Set<String> known =
        Stream.concat(KnownKeys.inOrder().stream(), given().stream())
            .map(Settings::variable)
            .collect(Collectors.toSet());
    return environment.keySet().stream()
        .filter(name -> name.startsWith("ENS_") && !known.contains(name))
        .filter(name -> !KnownKeys.isOfUsersDestination(key(name)))
        .filter(name -> !KnownKeys.isLogLevel(key(name)))
        .filter(name -> !KnownKeys.isOfKafkaClient(key(name)))
        .sorted()
        .flatMap(
            name ->
                Closest.to(name, known, KnownKeys.FARTHEST_TYPO).stream()
                    .map(
                        near ->
                            "The environment variable %s is no setting: did you mean %s?"
                                .formatted(name, near)))
        .toList();
  }

  /** Camel 4.17 drops a backslash that is one of the last two characters of a resolved value. */
  private static String forCamel(String value) {
    int backslash = value.indexOf('\\', Math.max(0, value.length() - 2));
    return backslash < 0
        ? value
        : value.substring(0, backslash) + '\\' + value.substring(backslash);
  }

  private Set<String> given() {
    Set<String> keys = new TreeSet<>(file.stringPropertyNames());
    system.stringPropertyNames().stream().filter(Settings::isOurs).forEach(keys::add);
    own.stringPropertyNames().stream().filter(Settings::isOurs).forEach(keys::add);
    return keys;
  }

  private static boolean isOurs(String key) {
    return key.startsWith("ens.") || key.startsWith("camel.");
  }

  private static String variable(String key) {
    return key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** As far as it can be told: a variable has no word for a dash. */
  private static String key(String variable) {
    return variable.replace('_', '.').toLowerCase(Locale.ROOT);
  }

  /** Camel reads such a variable with and without dashes. */
  private static String ofCamel(String variable) {
    String prefix = "CAMEL_MAIN_";
    return variable.startsWith(prefix)
        ? "camel.main." + variable.substring(prefix.length()).toLowerCase(Locale.ROOT)
        : variable;
  }

  private static Optional<String> value(String raw) {
    return Optional.ofNullable(raw).map(String::strip).filter(text -> !text.isEmpty());
  }

  private static Properties builtIn() {
    try (InputStream in = Settings.class.getResourceAsStream(DEFAULTS)) {
      Properties properties = new Properties();
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(DEFAULTS, e);
    }
  }

  /**
   * Reads a file of properties; one that does not exist is an empty one.
   *
   * @throws ConfigurationException if it can't be read as UTF-8 properties
   */
  static Properties read(Path file) {
    Properties properties = new Properties();
    String name = file.toString();
    try (Reader in = new StringReader(text(file))) {
      properties.load(in);
    } catch (NoSuchFileException e) {
      return properties;
    } catch (CharacterCodingException e) {
      throw new ConfigurationException(name, "is not UTF-8 text", "save it as UTF-8");
    } catch (AccessDeniedException e) {
      throw FileOwner.refused(name, file);
    } catch (IOException e) {
      throw new ConfigurationException(name, "can't be read", "give a file this user may read");
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          name, "has a \\u without four digits", "write paths with / or double each backslash");
    }
    return properties;
  }

  private static String text(Path file) throws IOException {
    String text = Files.readString(file);
    // editors on Windows put a byte order mark in front, which would become part of the first key
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }
}
