package io.ensrelay.config;

import static io.ensrelay.config.ValueRules.basicUser;
import static io.ensrelay.config.ValueRules.begin;
import static io.ensrelay.config.ValueRules.bool;
import static io.ensrelay.config.ValueRules.brokers;
import static io.ensrelay.config.ValueRules.className;
import static io.ensrelay.config.ValueRules.clientId;
import static io.ensrelay.config.ValueRules.deviceFields;
import static io.ensrelay.config.ValueRules.directory;
import static io.ensrelay.config.ValueRules.duration;
import static io.ensrelay.config.ValueRules.eventNames;
import static io.ensrelay.config.ValueRules.failures;
import static io.ensrelay.config.ValueRules.fieldNames;
import static io.ensrelay.config.ValueRules.folder;
import static io.ensrelay.config.ValueRules.headerName;
import static io.ensrelay.config.ValueRules.headerValue;
import static io.ensrelay.config.ValueRules.hostName;
import static io.ensrelay.config.ValueRules.hostNames;
import static io.ensrelay.config.ValueRules.index;
import static io.ensrelay.config.ValueRules.integer;
import static io.ensrelay.config.ValueRules.kafkaTopic;
import static io.ensrelay.config.ValueRules.logLevel;
import static io.ensrelay.config.ValueRules.oneOf;
import static io.ensrelay.config.ValueRules.pause;
import static io.ensrelay.config.ValueRules.protocols;
import static io.ensrelay.config.ValueRules.queueOrTopic;
import static io.ensrelay.config.ValueRules.signingSecrets;
import static io.ensrelay.config.ValueRules.size;
import static io.ensrelay.config.ValueRules.statuses;
import static io.ensrelay.config.ValueRules.tableName;
import static io.ensrelay.config.ValueRules.tenant;
import static io.ensrelay.config.ValueRules.tenants;
import static io.ensrelay.config.ValueRules.timeOfDay;
import static io.ensrelay.config.ValueRules.token;

import io.ensrelay.base.Closest;
import io.ensrelay.base.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The keys of application.properties in its order, each with the rule for its value. */
public final class KnownKeys {
  static final int FARTHEST_TYPO = 4;
  public static final String LOG_LEVEL = "ens.log.level";
  public static final String KAFKA = "ens.spool.kafka";

  private static final String DESTINATION = "ens.destination.";
  private static final String FACTORY = DESTINATION + "jms.factory.";
  private static final Set<String> SHIPPED =
      Set.of(
          "archive", "stdout", "webhook", "jms", "amqp", "kafka", "splunk", "elastic", "sql",
          "syslog");
  private static final Set<String> OF_TENANT =
      Set.of("ens.events", "ens.metadata.refresh", "ens.details.rate");
  private static final List<String> OF_TENANT_GROUPS =
      List.of("ens.api.", "ens.mqtt.", "ens.tls.", "ens.resync.", "ens.intake.");
  private static final Map<String, Rule> RULES = rules();

  private KnownKeys() {}

  /** Whether the value of a key can work; throws a {@link ConfigurationException} if not. */
  @FunctionalInterface
  private interface Rule {
    void check(String key, Settings settings);
  }

  static List<String> inOrder() {
    return List.copyOf(RULES.keySet());
  }

  static void check(String key, Settings settings) {
    if (isLogLevel(key)) {
      ifSet(logLevel()).check(key, settings);
      return;
    }
    if (isOfService(key) && isDeliveryOnly(settings)) {
      return;
    }
    RULES.get(key).check(key, settings);
  }

  static boolean isKnown(String key) {
    return RULES.containsKey(key)
        || isOfUsersDestination(key)
        || isOfFactory(key)
        || isOfKafkaClient(key)
        || isLogLevel(key);
  }

  /** Whether a tenant may have its own value. */
  public static boolean isOfTenant(String key) {
    return RULES.containsKey(key)
        && (OF_TENANT.contains(key)
            || OF_TENANT_GROUPS.stream().anyMatch(group -> key.startsWith(group)));
  }

  private static boolean isOfService(String key) {
    return key.startsWith("ens.api.")
        || key.startsWith("ens.mqtt.")
        || (key.startsWith("ens.tls.") && !key.equals("ens.tls.protocols"));
  }

  /** The key is checked after these. */
  private static boolean isDeliveryOnly(Settings settings) {
    return settings.get(Role.KEY).filter("delivery"::equalsIgnoreCase).isPresent();
  }

  public static void requireKnown(String key) {
    if (isKnown(key)) {
      return;
    }
    String remedy =
        Closest.to(key, RULES.keySet(), FARTHEST_TYPO)
            .map(known -> "did you mean " + known + "?")
            .orElse("take it out, or see the application.properties that came with this version");
    throw new ConfigurationException(key, "unknown key", remedy);
  }

  /** Camel's own reload ends every route at a mistake in one file. */
  static void requireNoReload(String key, String value) {
    String name = key.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
    boolean reloads =
        name.startsWith("camel.main.routesreload")
            || name.equals("camel.main.contextreloadenabled");
    if (reloads && !value.equalsIgnoreCase("false")) {
      throw new ConfigurationException(
          key,
          "Camel's own reload ends all routes at a mistake in one file",
          "take it out: ens.routes.watch puts changed destinations into effect");
    }
  }

  /** Camel would resolve these inside a value, and name the result when that fails. */
  static void requireVerbatim(String key, String value) {
    boolean reference = value.matches("(?s)#(bean:|class:|type:|property:|valueAs\\(|autowired).*");
    if (reference || value.contains("{{") || value.contains("}}")) {
      throw new ConfigurationException(
          key,
          value,
          reference ? "begins like a reference to a bean" : "has {{ or }} in it",
          "choose a value without that");
    }
  }

  private static Map<String, Rule> rules() {
    Map<String, Rule> rules = new LinkedHashMap<>();
    rules.put("ens.tenant", ifSet(tenant()));
    rules.put(TenantFolder.KEY, TenantFolder::requireFolder);
    rules.put(
        "ens.api.url",
        all(required("the base URL of the REST side, https://host"), ifSet(UrlRules::api)));
    rules.put("ens.api.username", needs("ens.api.password"));
    rules.put("ens.api.password", needs("ens.api.username"));
    rules.put("ens.api.proxy", ifSet(UrlRules::proxy));
    rules.put(
        "ens.api.proxy-username", all(needs("ens.api.proxy-password"), needs("ens.api.proxy")));
    rules.put("ens.api.proxy-password", needs("ens.api.proxy-username"));
    rules.put(
        "ens.mqtt.url",
        all(required("the broker of the service, ssl://host:8883"), ifSet(UrlRules::mqtt)));
    rules.put("ens.mqtt.client-id", ifSet(clientId()));
    rules.put("ens.mqtt.username", needs("ens.mqtt.password"));
    rules.put("ens.mqtt.password", needs("ens.mqtt.username"));
    rules.put("ens.mqtt.proxy", ifSet(UrlRules::proxy));
    rules.put(
        "ens.mqtt.proxy-username", all(needs("ens.mqtt.proxy-password"), needs("ens.mqtt.proxy")));
    rules.put("ens.mqtt.proxy-password", needs("ens.mqtt.proxy-username"));
    rules.put("ens.mqtt.keep-alive", ifSet(integer(1, 65535)));
    rules.put("ens.tls.keystore", all(identity(), certificates("ens.tls")));
    rules.put("ens.tls.keystore-password", anything());
    rules.put("ens.tls.key-alias", needs("ens.tls.keystore"));
    rules.put("ens.tls.truststore", anything());
    rules.put("ens.tls.truststore-password", anything());
    rules.put("ens.tls.protocols", ifSet(protocols()));
    rules.put("ens.events", ifSet(eventNames()));
    rules.put("ens.metadata.refresh", ifSet(duration()));
    rules.put("ens.details.rate", ifSet(integer(1, 6000)));
    rules.put("ens.resync.gap", ifSet(bool()));
    rules.put("ens.resync.at", ifSet(timeOfDay()));
    rules.put("ens.resync.rate", ifSet(integer(1, 6000)));
    rules.put("ens.resync.send", ifSet(oneOf("changed", "all")));
    rules.put("ens.resync.statuses", ifSet(statuses()));
    rules.put("ens.resync.ignore", ifSet(fieldNames()));
    rules.put("ens.resync.delay", ifSet(duration()));
    rules.put("ens.data.dir", ifSet(directory()));
    rules.put("ens.standby", ifSet(bool()));
    rules.put("ens.intake.in-flight", ifSet(integer(1, 65535)));
    rules.put("ens.spool.keep", ifSet(duration()));
    rules.put("ens.spool.keep-size", ifSet(size()));
    rules.put(KAFKA, ifSet(brokers()));
    rules.put(KAFKA + ".topic", ifSet(kafkaTopic()));
    rules.put(KAFKA + ".partitions", ifSet(integer(1, 1000)));
    rules.put(KAFKA + ".replicas", ifSet(integer(1, 9)));
    rules.put(Role.KEY, Role::check);
    rules.put("ens.devices.enabled", ifSet(bool()));
    rules.put("ens.devices.fields", ifSet(deviceFields()));
    rules.put("ens.routes.watch", ifSet(bool()));
    rules.put("ens.failures.passes", ifSet(failures()));
    rules.put("ens.failures.refuses", ifSet(failures()));
    rules.put("ens.failures.wrong", ifSet(failures()));
    rules.put("ens.destination.archive.enabled", ifSet(bool()));
    rules.put("ens.destination.archive.snapshots", ifSet(bool()));
    rules.put("ens.archive.dir", ifSet(directory()));
    rules.put("ens.archive.group-readable", ifSet(bool()));
    rules.put("ens.destination.stdout.enabled", ifSet(bool()));
    rules.put("ens.destination.stdout.snapshots", ifSet(bool()));
    rules.put("ens.destination.webhook.enabled", ifSet(bool()));
    rules.put(
        "ens.destination.webhook.url",
        all(requiredWith("ens.destination.webhook.enabled"), ifSet(UrlRules::web)));
    putSelection(rules, "ens.destination.webhook");
    rules.put(
        "ens.destination.webhook.format", ifSet(oneOf("structured", "binary", "batch", "data")));
    rules.put("ens.destination.webhook.method", ifSet(oneOf("POST", "PUT", "PATCH")));
    rules.put("ens.destination.webhook.batch-events", ifSet(integer(1, 10_000)));
    rules.put("ens.destination.webhook.batch-size", ifSet(size()));
    rules.put("ens.destination.webhook.batch-linger", ifSet(pause()));
    rules.put("ens.destination.webhook.keystore", ifSet(certificates("ens.destination.webhook")));
    rules.put("ens.destination.webhook.keystore-password", anything());
    rules.put("ens.destination.webhook.key-alias", needs("ens.destination.webhook.keystore"));
    rules.put("ens.destination.webhook.truststore", ifSet(certificates("ens.destination.webhook")));
    rules.put("ens.destination.webhook.truststore-password", anything());
    putProxy(rules, "ens.destination.webhook");
    rules.put("ens.destination.webhook.secret", ifSet(signingSecrets()));
    rules.put(
        "ens.destination.webhook.token",
        all(
            ifSet(token()),
            alone(
                "ens.destination.webhook.username",
                "ens.destination.webhook.api-key",
                "ens.destination.webhook.oauth2-token-url")));
    rules.put(
        "ens.destination.webhook.username",
        all(
            ifSet(basicUser()),
            needs("ens.destination.webhook.password"),
            alone("ens.destination.webhook.api-key", "ens.destination.webhook.oauth2-token-url")));
    rules.put("ens.destination.webhook.password", needs("ens.destination.webhook.username"));
    rules.put(
        "ens.destination.webhook.api-key-header",
        all(ifSet(headerName()), needs("ens.destination.webhook.api-key")));
    rules.put(
        "ens.destination.webhook.api-key",
        all(
            ifSet(headerValue()),
            needs("ens.destination.webhook.api-key-header"),
            alone("ens.destination.webhook.oauth2-token-url")));
    rules.put(
        "ens.destination.webhook.oauth2-token-url",
        all(ifSet(UrlRules::web), needs("ens.destination.webhook.oauth2-client-id")));
    rules.put(
        "ens.destination.webhook.oauth2-client-id",
        all(
            needs("ens.destination.webhook.oauth2-token-url"),
            needs("ens.destination.webhook.oauth2-client-secret")));
    rules.put(
        "ens.destination.webhook.oauth2-client-secret",
        needs("ens.destination.webhook.oauth2-client-id"));
    rules.put(
        "ens.destination.webhook.oauth2-scope", needs("ens.destination.webhook.oauth2-token-url"));
    putJms(rules);
    putAmqp(rules);
    putKafka(rules);
    putSplunk(rules);
    putElastic(rules);
    putSql(rules);
    putSyslog(rules);
    rules.put("ens.lib.dir", ifSet(folder()));
    rules.put("ens.maven.repository", ifSet(UrlRules::web));
    rules.put("ens.http.host", all(ifSet(hostName()), passwordUnlessLoopback()));
    rules.put("ens.http.port", ifSet(integer(0, 65535)));
    rules.put("ens.http.names", ifSet(hostNames()));
    rules.put("ens.http.password", anything());
    rules.put("ens.http.tls.keystore", ifSet(certificates("ens.http.tls")));
    rules.put("ens.http.tls.keystore-password", anything());
    rules.put("ens.log.format", ifSet(oneOf("text", "json")));
    rules.put(LOG_LEVEL, ifSet(logLevel()));
    rules.put("camel.management.host", ifSet(hostName()));
    rules.put("camel.management.port", ifSet(integer(0, 65535)));
    return rules;
  }

  private static void putSplunk(Map<String, Rule> rules) {
    String splunk = DESTINATION + "splunk";
    rules.put(splunk + ".enabled", ifSet(bool()));
    rules.put(splunk + ".url", all(requiredIfOn(splunk), ifSet(UrlRules::collector)));
    rules.put(splunk + ".token", all(requiredIfOn(splunk), ifSet(token())));
    rules.put(splunk + ".index", anything());
    rules.put(splunk + ".source-type", anything());
    rules.put(splunk + ".gzip", ifSet(bool()));
    rules.put(splunk + ".acknowledge", ifSet(bool()));
    putSelection(rules, splunk);
    putCertificates(rules, splunk);
    putProxy(rules, splunk);
  }

  private static void putElastic(Map<String, Rule> rules) {
    String elastic = DESTINATION + "elastic";
    rules.put(elastic + ".enabled", ifSet(bool()));
    rules.put(elastic + ".url", all(requiredIfOn(elastic), ifSet(UrlRules::base)));
    rules.put(elastic + ".index", all(requiredIfOn(elastic), ifSet(index())));
    putUser(rules, elastic);
    rules.put(elastic + ".api-key", ifSet(token()));
    putSelection(rules, elastic);
    putCertificates(rules, elastic);
    putProxy(rules, elastic);
  }

  private static void putSql(Map<String, Rule> rules) {
    String sql = DESTINATION + "sql";
    rules.put(sql + ".enabled", ifSet(bool()));
    rules.put(sql + ".url", all(requiredIfOn(sql), ifSet(UrlRules::jdbc)));
    putUser(rules, sql);
    rules.put(sql + ".driver", anything());
    rules.put(sql + ".table", ifSet(tableName()));
    rules.put(sql + ".statement", anything());
    putSelection(rules, sql);
  }

  private static void putSyslog(Map<String, Rule> rules) {
    String syslog = DESTINATION + "syslog";
    rules.put(syslog + ".enabled", ifSet(bool()));
    rules.put(syslog + ".url", all(requiredIfOn(syslog), ifSet(UrlRules::syslog)));
    rules.put(syslog + ".format", ifSet(oneOf("json", "cef")));
    rules.put(syslog + ".facility", anything());
    rules.put(syslog + ".app-name", anything());
    putSelection(rules, syslog);
    putCertificates(rules, syslog);
  }

  /** Puts the rules of the parameters of the kamelet ens-events-source. */
  private static void putSelection(Map<String, Rule> rules, String destination) {
    rules.put(destination + ".events", ifSet(eventNames()));
    rules.put(destination + ".tenants", ifSet(tenants()));
    rules.put(destination + ".lanes", ifSet(integer(1, 256)));
    rules.put(destination + ".begin", ifSet(begin()));
    rules.put(destination + ".snapshots", ifSet(bool()));
  }

  private static void putProxy(Map<String, Rule> rules, String destination) {
    String proxy = destination + ".proxy";
    rules.put(proxy, ifSet(UrlRules::proxy));
    rules.put(proxy + "-username", all(needs(proxy), needs(proxy + "-password")));
    rules.put(proxy + "-password", needs(proxy + "-username"));
  }

  private static void putJms(Map<String, Rule> rules) {
    String jms = DESTINATION + "jms";
    rules.put(jms + ".enabled", ifSet(bool()));
    rules.put(
        jms + ".url", unlessSet(jms + ".factory", all(requiredIfOn(jms), ifSet(UrlRules::jms))));
    putTarget(rules, jms);
    rules.put(jms + ".factory", ifSet(className()));
    putCertificates(rules, jms);
    putSelection(rules, jms);
  }

  private static void putAmqp(Map<String, Rule> rules) {
    String amqp = DESTINATION + "amqp";
    rules.put(amqp + ".enabled", ifSet(bool()));
    rules.put(amqp + ".url", all(requiredIfOn(amqp), ifSet(UrlRules::amqp)));
    putTarget(rules, amqp);
    putCertificates(rules, amqp);
    putSelection(rules, amqp);
  }

  private static void putKafka(Map<String, Rule> rules) {
    String kafka = DESTINATION + "kafka";
    rules.put(kafka + ".enabled", ifSet(bool()));
    rules.put(kafka + ".brokers", all(requiredIfOn(kafka), ifSet(brokers())));
    rules.put(kafka + ".topic", all(requiredIfOn(kafka), ifSet(kafkaTopic())));
    rules.put(kafka + ".format", ifSet(oneOf("structured", "binary")));
    putUser(rules, kafka);
    rules.put(kafka + ".sasl-mechanism", ifSet(oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")));
    rules.put(kafka + ".tls", ifSet(bool()));
    putCertificates(rules, kafka);
    putSelection(rules, kafka);
  }

  private static void putTarget(Map<String, Rule> rules, String destination) {
    String topic = destination + ".topic";
    rules.put(
        destination + ".queue",
        (key, settings) -> {
          ifSet(queueOrTopic()).check(key, settings);
          if (settings.get(topic).isEmpty()) {
            requiredIfOn(destination).check(key, settings);
          } else if (settings.get(key).isPresent()) {
            throw new ConfigurationException(
                key, settings.get(key).get(), "there is " + topic + " too", "set one of them");
          }
        });
    rules.put(topic, ifSet(queueOrTopic()));
    putUser(rules, destination);
  }

  private static void putUser(Map<String, Rule> rules, String destination) {
    rules.put(destination + ".username", needs(destination + ".password"));
    rules.put(destination + ".password", needs(destination + ".username"));
  }

  private static void putCertificates(Map<String, Rule> rules, String destination) {
    rules.put(destination + ".keystore", ifSet(certificates(destination)));
    rules.put(destination + ".keystore-password", anything());
    rules.put(destination + ".truststore", ifSet(certificates(destination)));
    rules.put(destination + ".truststore-password", anything());
  }

  private static Rule requiredIfOn(String destination) {
    return requiredWith(destination + ".enabled");
  }

  private static Rule unlessSet(String other, Rule rule) {
    return (key, settings) -> {
      if (settings.get(other).isEmpty()) {
        rule.check(key, settings);
      }
    };
  }

  private static Rule anything() {
    return (key, settings) -> {};
  }

  private static Rule all(Rule... rules) {
    return (key, settings) -> List.of(rules).forEach(rule -> rule.check(key, settings));
  }

  private static Rule ifSet(ValueRules.Shape shape) {
    return (key, settings) -> settings.get(key).ifPresent(value -> shape.check(key, value));
  }

  private static Rule ifSet(Rule rule) {
    return (key, settings) -> settings.get(key).ifPresent(value -> rule.check(key, settings));
  }

  private static Rule required(String what) {
    return (key, settings) -> {
      if (settings.get(key).isEmpty()) {
        throw new ConfigurationException(key, "missing", "give " + what);
      }
    };
  }

  /** Everybody who reaches the console can read every event. */
  private static Rule passwordUnlessLoopback() {
    return (key, settings) ->
        settings
            .get(key)
            .filter(host -> !host.matches("(?i)localhost|127(\\.\\d{1,3}){3}|\\[?::1]?"))
            .filter(host -> settings.get("ens.http.password").isEmpty())
            .ifPresent(
                host -> {
                  throw new ConfigurationException(
                      key,
                      host,
                      "others can reach this address",
                      "set ens.http.password, or use 127.0.0.1");
                });
  }

  /** The service wants a certificate, always; another broker may be content with a user name. */
  private static Rule identity() {
    return (key, settings) -> {
      if (settings.get(key).isEmpty() && settings.get("ens.mqtt.username").isEmpty()) {
        throw new ConfigurationException(
            key, "missing", "give the file with the client certificate and its private key");
      }
    };
  }

  /** Of both files, the keystore and the truststore. */
  private static Rule certificates(String prefix) {
    return (key, settings) -> settings.tls(prefix).context();
  }

  private static Rule requiredWith(String enabled) {
    return (key, settings) -> {
      boolean on = settings.get(enabled).filter("true"::equalsIgnoreCase).isPresent();
      if (on && settings.get(key).isEmpty()) {
        throw new ConfigurationException(
            key, "missing, but " + enabled + "=true", "set it or switch the destination off");
      }
    };
  }

  private static Rule needs(String other) {
    return (key, settings) ->
        settings
            .get(key)
            .filter(value -> settings.get(other).isEmpty())
            .ifPresent(
                value -> {
                  throw new ConfigurationException(
                      key, value, other + " is missing", "set both or neither");
                });
  }

  /** For one kind of credentials beside others. */
  private static Rule alone(String... others) {
    return (key, settings) -> {
      if (settings.get(key).isPresent()) {
        for (String other : others) {
          if (settings.get(other).isPresent()) {
            throw new ConfigurationException(
                key,
                "only one kind of credentials can be sent, and " + other + " is set too",
                "take one of them out");
          }
        }
      }
    };
  }

  /** Of a single logger, whose name is the rest of the key. */
  static boolean isLogLevel(String key) {
    return key.startsWith(LOG_LEVEL + ".") && key.length() > LOG_LEVEL.length() + 1;
  }

  static boolean isOfUsersDestination(String key) {
    if (!key.startsWith(DESTINATION)) {
      return false;
    }
    String[] parts = key.substring(DESTINATION.length()).split("\\.", 2);
    return parts.length == 2 && !SHIPPED.contains(parts[0]);
  }

  /** A property of Kafka's client; the spool knows which there are. */
  static boolean isOfKafkaClient(String key) {
    return key.startsWith(KAFKA + ".") && !RULES.containsKey(key);
  }

  /** A property of the connection factory that the user chose for the destination jms. */
  private static boolean isOfFactory(String key) {
    return key.startsWith(FACTORY) && key.length() > FACTORY.length();
  }
}
