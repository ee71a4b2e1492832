package io.ensrelay.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a value comes from, and that the shipped file and the code know the same keys. */
class SettingsTest {
  @TempDir Path dir;

  @Test
  void asksOptionsThenEnvironmentThenFileThenDefaults() {
    Path file = file("ens.tenant=file\nens.events=file\nens.http.host=file");
    Properties options = new Properties();
    options.setProperty("ens.tenant", "option");
    Settings settings =
        Settings.load(
            file, Map.of("ENS_TENANT", "environment", "ENS_EVENTS", "environment"), options);

    assertEquals(Optional.of("option"), settings.get("ens.tenant"));
    assertEquals(Optional.of("environment"), settings.get("ens.events"));
    assertEquals(Optional.of("file"), settings.get("ens.http.host"));
    assertEquals(Optional.of("30"), settings.get("ens.mqtt.keep-alive"));
    assertEquals(Optional.empty(), settings.get("ens.api.url"));
  }

  @Test
  void turnsDotsAndDashesIntoUnderscores() {
    Settings settings = withEnvironment(Map.of("ENS_MQTT_CLIENT_ID", "relay-1"));

    assertEquals(Optional.of("relay-1"), settings.get("ens.mqtt.client-id"));
    assertEquals("relay-1", settings.asProperties().getProperty("ens.mqtt.client-id"));
  }

  @Test
  void tellsOfVariablesThatAreProbablyMisspelt() {
    Map<String, String> environment =
        Map.of(
            "ENS_MQTT_ULR", "ssl://secret",
            "ENS_API_PASWORD", "secret",
            "ENS_DESTINATION_WEBHOOK_URI", "https://secret");

    assertEquals(
        List.of(
            "The environment variable ENS_API_PASWORD is no setting:"
                + " did you mean ENS_API_PASSWORD?",
            "The environment variable ENS_DESTINATION_WEBHOOK_URI is no setting:"
                + " did you mean ENS_DESTINATION_WEBHOOK_URL?",
            "The environment variable ENS_MQTT_ULR is no setting: did you mean ENS_MQTT_URL?"),
        withEnvironment(environment).misspeltVariables());
  }

  @Test
  void saysNothingOfVariablesThatAreKnownOrOfOthers() {
    Map<String, String> environment =
        Map.of(
            "ENS_MQTT_CLIENT_ID", "x",
            "ENS_DESTINATION_SIEM_URL", "x",
            "ENS_DESTINATION_JMS_2_URL", "x",
            "ENS_RELAY_SERVICE_HOST", "x",
            "CAMEL_MAIN_NAME", "x");
    Settings settings =
        Settings.load(file("ens.destination.jms-2.url=y"), environment, new Properties());

    assertEquals(List.of(), settings.misspeltVariables());
  }

  @Test
  void takesABlankValueAsNotSet() {
    Settings settings =
        Settings.load(file("ens.api.url=  \nens.tenant=acme"), Map.of("ENS_TENANT", " "), none());

    assertEquals(Optional.empty(), settings.get("ens.api.url"));
    assertEquals(Optional.of("acme"), settings.get("ens.tenant"));
  }

  @Test
  void doesNotTakeOtherKeysFromTheEnvironment() {
    Settings settings = Settings.load(file("home=here"), Map.of("HOME", "there"), none());

    assertEquals("here", settings.asProperties().getProperty("home"));
  }

  @Test
  void handsEveryKeyWithAValueToCamel() {
    Properties options = new Properties();
    options.setProperty("ens.destination.siem.url", "https://siem");
    options.setProperty("java.version", "17");
    Properties all =
        Settings.load(file("camel.main.name=mine\nsiem.index=7"), Map.of(), options).asProperties();

    assertEquals("mine", all.getProperty("camel.main.name"));
    assertEquals("7", all.getProperty("siem.index"));
    assertEquals("https://siem", all.getProperty("ens.destination.siem.url"));
    assertEquals("default", all.getProperty("ens.tenant"));
    assertTrue(!all.containsKey("java.version") && !all.containsKey("ens.api.url"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "C:\\ens\\data",
        "C:\\x\\y",
        "x\\y",
        "x\\",
        "x\\\\",
        "\\",
        "\\y",
        "\\\\",
        "x\\yz",
        "#p\"a,s(s)%20&'$1"
      })
  void reachesAPlaceholderUnchanged(String value) throws IOException {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Settings settings = withEnvironment(Map.of("ENS_MQTT_PASSWORD", value));
      camel.getPropertiesComponent().setOverrideProperties(settings.asProperties());

      assertEquals(value, camel.resolvePropertyPlaceholders("{{?ens.mqtt.password}}"));
    }
  }

  @Test
  void readsUtf8WithOrWithoutAByteOrderMark() {
    assertEquals(
        Optional.of("Zürich"), Settings.load(file("\uFEFFa=Zürich"), Map.of(), none()).get("a"));
  }

  @Test
  void doesWithoutAFile() {
    Settings settings = Settings.load(dir.resolve("missing"), Map.of(), none());

    assertEquals(Optional.of("default"), settings.get("ens.tenant"));
  }

  @Test
  void saysWhatIsWrongWithTheFile() throws IOException {
    Path latin1 = Files.write(dir.resolve("latin1"), new byte[] {'a', '=', (byte) 0xfc});

    assertEquals(latin1 + ": is not UTF-8 text; save it as UTF-8", messageOfLoading(latin1));
    assertEquals(dir + ": can't be read; give a file this user may read", messageOfLoading(dir));
    Path backslash = file("ens.tls.keystore=C:\\users\\me.p12");
    assertEquals(
        backslash + ": has a \\u without four digits; write paths with / or double each backslash",
        messageOfLoading(backslash));
  }

  @Test
  void shipsEveryKeyItKnowsInTheSameOrder() throws IOException {
    List<String> shipped =
        Files.readAllLines(Path.of("application.properties")).stream()
            .map(Pattern.compile("#?((?:ens|camel\\.management)\\.[a-z0-9.-]+)=.*")::matcher)
            .filter(java.util.regex.Matcher::matches)
            .map(line -> line.group(1))
            .toList();

    assertEquals(KnownKeys.inOrder(), shipped);
  }

  @Test
  void keepsTheDefaultsOfTheContract() {
    Map<String, String> contract =
        Map.ofEntries(
            Map.entry("ens.tenant", "default"),
            Map.entry("ens.tenants.dir", "tenants"),
            Map.entry("ens.mqtt.keep-alive", "30"),
            Map.entry("ens.tls.protocols", "TLSv1.2,TLSv1.3"),
            Map.entry("ens.events", "*"),
            Map.entry("ens.metadata.refresh", "1h"),
            Map.entry("ens.details.rate", "60"),
            Map.entry("ens.resync.gap", "true"),
            Map.entry("ens.resync.rate", "30"),
            Map.entry("ens.resync.send", "changed"),
            Map.entry("ens.resync.statuses", "ACTIVE"),
            Map.entry("ens.resync.delay", "30s"),
            Map.entry("ens.data.dir", "data"),
            Map.entry("ens.intake.in-flight", "1000"),
            Map.entry("ens.spool.keep", "24h"),
            Map.entry("ens.spool.keep-size", "1GB"),
            Map.entry("ens.devices.enabled", "false"),
            Map.entry(
                "ens.devices.fields",
                "quarantined,blocked,compromised,osVersion,manufacturer,model,serialNumber,userId,"
                    + "lastCheckInTime,registrationTime"),
            Map.entry("ens.routes.watch", "true"),
            Map.entry("ens.archive.dir", "events"),
            Map.entry("ens.archive.group-readable", "false"),
            Map.entry("ens.destination.archive.enabled", "true"),
            Map.entry("ens.destination.archive.snapshots", "false"),
            Map.entry("ens.destination.stdout.enabled", "false"),
            Map.entry("ens.destination.stdout.snapshots", "false"),
            Map.entry("ens.standby", "false"),
            Map.entry("ens.role", "all"),
            Map.entry("ens.spool.kafka.topic", "ens-events"),
            Map.entry("ens.spool.kafka.partitions", "24"),
            Map.entry("ens.spool.kafka.replicas", "3"),
            Map.entry("ens.destination.webhook.enabled", "false"),
            Map.entry("ens.destination.webhook.events", "*"),
            Map.entry("ens.destination.webhook.tenants", "*"),
            Map.entry("ens.destination.webhook.lanes", "8"),
            Map.entry("ens.destination.webhook.begin", "now"),
            Map.entry("ens.destination.webhook.snapshots", "false"),
            Map.entry("ens.destination.webhook.format", "structured"),
            Map.entry("ens.destination.webhook.method", "POST"),
            Map.entry("ens.destination.webhook.batch-events", "100"),
            Map.entry("ens.destination.webhook.batch-size", "1MB"),
            Map.entry("ens.destination.webhook.batch-linger", "0"),
            Map.entry("ens.destination.jms.enabled", "false"),
            Map.entry("ens.destination.jms.events", "*"),
            Map.entry("ens.destination.jms.tenants", "*"),
            Map.entry("ens.destination.jms.lanes", "4"),
            Map.entry("ens.destination.jms.begin", "now"),
            Map.entry("ens.destination.jms.snapshots", "false"),
            Map.entry("ens.destination.amqp.enabled", "false"),
            Map.entry("ens.destination.amqp.events", "*"),
            Map.entry("ens.destination.amqp.tenants", "*"),
            Map.entry("ens.destination.amqp.lanes", "4"),
            Map.entry("ens.destination.amqp.begin", "now"),
            Map.entry("ens.destination.amqp.snapshots", "false"),
            Map.entry("ens.destination.kafka.enabled", "false"),
            Map.entry("ens.destination.kafka.format", "structured"),
            Map.entry("ens.destination.kafka.sasl-mechanism", "PLAIN"),
            Map.entry("ens.destination.kafka.tls", "false"),
            Map.entry("ens.destination.kafka.events", "*"),
            Map.entry("ens.destination.kafka.tenants", "*"),
            Map.entry("ens.destination.kafka.lanes", "8"),
            Map.entry("ens.destination.kafka.begin", "now"),
            Map.entry("ens.destination.kafka.snapshots", "false"),
            Map.entry("ens.destination.splunk.enabled", "false"),
            Map.entry("ens.destination.splunk.source-type", "ivanti:ens"),
            Map.entry("ens.destination.splunk.gzip", "false"),
            Map.entry("ens.destination.splunk.acknowledge", "false"),
            Map.entry("ens.destination.splunk.events", "*"),
            Map.entry("ens.destination.splunk.tenants", "*"),
            Map.entry("ens.destination.splunk.lanes", "8"),
            Map.entry("ens.destination.splunk.begin", "now"),
            Map.entry("ens.destination.splunk.snapshots", "false"),
            Map.entry("ens.destination.elastic.enabled", "false"),
            Map.entry("ens.destination.elastic.events", "*"),
            Map.entry("ens.destination.elastic.tenants", "*"),
            Map.entry("ens.destination.elastic.lanes", "8"),
            Map.entry("ens.destination.elastic.begin", "now"),
            Map.entry("ens.destination.elastic.snapshots", "false"),
            Map.entry("ens.destination.sql.enabled", "false"),
            Map.entry("ens.destination.sql.table", "ens_events"),
            Map.entry("ens.destination.sql.events", "*"),
            Map.entry("ens.destination.sql.tenants", "*"),
            Map.entry("ens.destination.sql.lanes", "4"),
            Map.entry("ens.destination.sql.begin", "now"),
            Map.entry("ens.destination.sql.snapshots", "false"),
            Map.entry("ens.destination.syslog.enabled", "false"),
            Map.entry("ens.destination.syslog.format", "json"),
            Map.entry("ens.destination.syslog.facility", "local0"),
            Map.entry("ens.destination.syslog.app-name", "ens-relay"),
            Map.entry("ens.destination.syslog.events", "*"),
            Map.entry("ens.destination.syslog.tenants", "*"),
            Map.entry("ens.destination.syslog.lanes", "1"),
            Map.entry("ens.destination.syslog.begin", "now"),
            Map.entry("ens.destination.syslog.snapshots", "false"),
            Map.entry("ens.http.host", "127.0.0.1"),
            Map.entry("ens.http.port", "8080"),
            Map.entry("ens.log.format", "text"),
            Map.entry("ens.log.level", "INFO"));

    Properties defaults = withEnvironment(Map.of()).asProperties();
    defaults.keySet().removeIf(key -> !key.toString().startsWith("ens."));
    assertEquals(contract, defaults);
  }

  @Test
  void explainsEachKeyOfTheShippedFile() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("application.properties"));
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).matches("#?[a-z][a-z0-9.-]+=.*")) {
        assertTrue(lines.get(i - 1).startsWith("# "), "no comment above " + lines.get(i));
      }
    }
  }

  @Test
  void findsNothingWrongWithTheRequiredKeys() throws IOException {
    CertificateAuthority.create("CA")
        .issue(CertificateRequest.client("cps-user"))
        .writePkcs12(dir.resolve("client.p12"), "changeit");
    Settings settings =
        withEnvironment(
            Map.of(
                "ENS_API_URL",
                "https://na1.mobileiron.com",
                "ENS_MQTT_URL",
                "ssl://queue-na1.mobileiron.com:8883",
                "ENS_TLS_KEYSTORE",
                dir.resolve("client.p12").toString(),
                "ENS_TLS_KEYSTORE_PASSWORD",
                "changeit",
                "ENS_DATA_DIR",
                dir.resolve("data").toString(),
                "ENS_ARCHIVE_DIR",
                dir.resolve("events").toString()));

    assertDoesNotThrow(settings::check);
    assertTrue(Files.notExists(dir.resolve("data")), "'check' may be run by another user");
  }

  private String messageOfLoading(Path file) {
    return assertThrows(ConfigurationException.class, () -> Settings.load(file, Map.of(), none()))
        .getMessage();
  }

  private Settings withEnvironment(Map<String, String> environment) {
    return Settings.load(dir.resolve("missing"), environment, none());
  }

  private Path file(String text) {
    try {
      return Files.writeString(dir.resolve("application.properties"), text, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Properties none() {
    return new Properties();
  }
}
