package io.ensrelay.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong setting ends in one line that names the key, the value and what to do. */
class SettingsCheckTest {
  @TempDir static Path certificates;
  @TempDir Path dir;

  @BeforeAll
  static void makeCertificate() throws IOException {
    CertificateAuthority.create("CA")
        .issue(CertificateRequest.client("cps-user"))
        .writePkcs12(certificates.resolve("client.p12"), "changeit");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ens.api.url                    |                       | ens.api.url: missing; give the base URL of the REST side, https://host
          ens.api.url                    | http://host           | http would send the credentials in the clear; give the base URL
          ens.api.url                    | ftp://host            | is not an https URL
          ens.api.url                    | host                  | ens.api.url=host: is not a URL
          ens.api.url                    | https://              | has no host
          ens.api.url                    | https://:443          | has no host
          ens.api.url                    | https://a b           | is not a URL
          ens.api.url                    | https://a[b           | has a malformed host
          ens.api.url                    | https://host:x        | the port is not a number from 1 to 65535
          ens.api.url                    | https://host:0        | the port is not a number from 1 to 65535
          ens.api.url                    | https://host:65536    | the port is not a number from 1 to 65535
          ens.api.url                    | https://host/         | ends with a slash; leave the slash out
          ens.api.url                    | https://host/msa/v1   | is more than a base URL
          ens.api.url                    | https://u:secret@host | ens.api.url=https://(hidden)@host: has credentials in it
          ens.api.username               | me                    | ens.api.username=me: ens.api.password is missing; set both or neither
          ens.api.password               | secret                | ens.api.password=(hidden): ens.api.username is missing; set both or neither
          ens.api.proxy                  | proxy:3128            | is not a URL; give http://host:port
          ens.api.proxy                  | https://proxy:3128    | is not of the form http://host:port
          ens.api.proxy                  | http://proxy          | is not of the form http://host:port
          ens.api.proxy                  | http://u:secret@p:1   | ens.api.proxy=http://(hidden)@p:1: has credentials
          ens.log.level                  | LOUD                  | ens.log.level=LOUD
          ens.log.level.io.ensrelay      | 5                     | ens.log.level.io.ensrelay=5
          ens.log.level.                 | DEBUG                 | ens.log.level.: unknown key
          ens.log.levle                  | DEBUG                 | did you mean ens.log.level?
          ens.routes.watch               | yes                   | ens.routes.watch=yes
          camel.main.routesReloadEnabled | true                  | camel.main.routesReloadEnabled: Camel's own reload ends all routes at a mistake in one file; take it out: ens.routes.watch
          camel.main.routes-reload-pattern | *.yaml              | ens.routes.watch
          camel.main.contextReloadEnabled | true                 | ens.routes.watch
          ens.mqtt.url                   |                       | ens.mqtt.url: missing; give the broker of the service, ssl://host:8883
          ens.mqtt.url                   | tcp://host:1883       | tcp:// is not spoken here, the service wants MQTT over TLS; give ssl://host:port
          ens.mqtt.url                   | mqtt://host:8883      | mqtt:// is not spoken here
          ens.mqtt.url                   | mqtts://host:8883     | mqtts:// is not spoken here
          ens.mqtt.url                   | http://host:8883      | http:// is no MQTT address
          ens.mqtt.url                   | ssl://host            | has no port
          ens.mqtt.url                   | ssl://host:           | the port is not a number
          ens.mqtt.url                   | ssl://host:99999      | the port is not a number from 1 to 65535
          ens.mqtt.url                   | ssl://host:8883/x     | has more than a host and a port
          ens.mqtt.url                   | ssl://[2001:db8::1]:1 | the host can't be named in a TLS handshake; give its DNS name
          ens.mqtt.url                   | ssl://my_host:8883    | the host can't be named in a TLS handshake
          ens.mqtt.client-id             | relay\uD83D\uDE00                | ens.mqtt.client-id=relay
          ens.mqtt.client-id             | a\tb                  | ens.mqtt.client-id=a?b: is not an MQTT client id
          ens.mqtt.username              | me                    | ens.mqtt.password is missing; set both or neither
          ens.mqtt.password              | secret                | ens.mqtt.password=(hidden): ens.mqtt.username is missing
          ens.mqtt.keep-alive            | 0                     | is not a number from 1 to 65535
          ens.mqtt.keep-alive            | 30s                   | ens.mqtt.keep-alive=30s: is not a number from 1 to 65535; give one without a unit
          ens.mqtt.keep-alive            | 65536                 | is not a number from 1 to 65535
          ens.tls.keystore               |                       | ens.tls.keystore: missing; give the file with the client certificate and its private key
          ens.tls.keystore               | missing.p12           | ens.tls.keystore=missing.p12: no such file; give the path of the client certificate
          ens.tls.truststore             | missing.pem           | ens.tls.truststore=missing.pem: no such file; give the path of the CA certificates
          ens.tls.protocols              | TLSv1.1               | is not a list of TLS versions
          ens.tls.protocols              | TLSv1.2,              | is not a list of TLS versions
          ens.tls.keystore-password      | a{{secret             | ens.tls.keystore-password=(hidden): has {{ or }} in it; choose a value without that
          ens.tls.keystore-password      | #bean:secret          | ens.tls.keystore-password=(hidden): begins like a reference to a bean
          ens.tenant                     | a/b                   | can't be part of a file name
          ens.tenant                     | ..                    | can't be part of a file name
          ens.events                     | a,,b                  | is not a list of event types
          ens.metadata.refresh           | 1 hour                | is not a time of at least a second; give one such as 30s
          ens.metadata.refresh           | abc                   | is not a time
          ens.metadata.refresh           | 0                     | is not a time
          ens.metadata.refresh           | -5s                   | is not a time
          ens.intake.in-flight           | 70000                 | is not a number from 1 to 65535
          ens.spool.kafka                | kafka1                | is not a list of brokers
          ens.spool.kafka.replicas       | 0                     | is not a number from 1 to 9
          ens.role                       | worker                | ens.role=worker: is none of all, intake, delivery
          ens.role                       | intake                | ens.role=intake: the events are on the disk of this machine, so no other relay could do the rest; set ens.spool.kafka
          ens.destination.stdout.enabled | yes                   | is neither true nor false
          ens.destination.webhook.url    | ftp://host            | is not an http or https URL
          ens.destination.webhook.url    | https:/host/T0SECRET  | ens.destination.webhook.url=https:/host/...: is not a URL
          ens.destination.webhook.url    | https://h:x/T0SECRET  | ens.destination.webhook.url=https://(hidden)/...: the port is not a number
          ens.destination.webhook.url    | https://u:p@h/T0SECRET | ens.destination.webhook.url=https://(hidden)@h/...: has credentials in it
          ens.destination.webhook.url    | https://h/ü?T0SECRET  | ens.destination.webhook.url=https://h/...: has a character that a URL can't have
          ens.destination.webhook.url    | https://[1::2::3]/    | has a malformed host
          ens.destination.webhook.proxy  | https://proxy:3128    | is not of the form http://host:port
          ens.destination.webhook.proxy-username | me            | ens.destination.webhook.proxy is missing
          ens.destination.webhook.keystore | missing.p12         | ens.destination.webhook.keystore=missing.p12: no such file; give the path of the client certificate
          ens.destination.webhook.truststore | missing.pem       | ens.destination.webhook.truststore=missing.pem: no such file; give the path of the CA certificates
          ens.destination.webhook.token  | a secret              | ens.destination.webhook.token=(hidden): can't be part of an HTTP header
          ens.destination.webhook.tenants | a/b                  | ens.destination.webhook.tenants=a/b: is not a list of tenants
          ens.destination.webhook.lanes  | 257                   | is not a number from 1 to 256
          ens.destination.webhook.begin  | yesterday             | is neither now, earliest nor an age
          ens.destination.webhook.format | xml                   | is none of structured, binary, batch, data
          ens.destination.webhook.method | GET                   | is none of POST, PUT, PATCH
          ens.destination.webhook.batch-linger | 2m              | is not a time of at most a minute
          ens.destination.webhook.username | a:b                 | ens.destination.webhook.username=a:b: has a colon
          ens.destination.webhook.password | secret              | ens.destination.webhook.password=(hidden): ens.destination.webhook.username is missing
          ens.destination.webhook.api-key | secret               | ens.destination.webhook.api-key=(hidden): ens.destination.webhook.api-key-header is missing
          ens.destination.webhook.api-key-header | Host          | is not the name of a header for a key
          ens.destination.webhook.oauth2-token-url | https://h/t | ens.destination.webhook.oauth2-client-id is missing
          ens.destination.jms.url        | amqp://host:5672      | ens.destination.jms.url=amqp://host:5672: amqp:// is not spoken here; give the address of an Artemis broker's core protocol, tcp://host:61616
          ens.destination.jms.url        | failover:(tcp://a:1)  | failover:// is not spoken here
          ens.destination.jms.url        | ssl://u:secret@host:1 | ssl://(hidden)@host:1: ssl:// is not spoken here
          ens.destination.jms.url        | host:61616            | is not spoken here
          ens.destination.jms.url        | host                  | is not a URL
          ens.destination.jms.url        | amqps://host:5671     | ens.destination.jms.url=amqps://host:5671: amqps:// is not spoken here
          ens.destination.jms.queue      | a+b                   | ens.destination.jms.queue=a+b: has one of the characters & ? # + %
          ens.destination.jms.begin      | yesterday             | ens.destination.jms.begin=yesterday: is neither now
          ens.destination.jms.lanes      | 257                   | ens.destination.jms.lanes=257: is not a number from 1 to 256
          ens.destination.amqp.url       | tcp://host:5672       | ens.destination.amqp.url=tcp://host:5672: tcp:// is not spoken here; give amqp://host:5672
          ens.destination.kafka.brokers  | kafka                 | ens.destination.kafka.brokers=kafka: is not a list of brokers; give host:9092
          ens.destination.kafka.topic    | a/b                   | ens.destination.kafka.topic=a/b: is no name of a topic
          ens.destination.kafka.format   | avro                  | ens.destination.kafka.format=avro: is none of structured, binary
          ens.destination.kafka.sasl-mechanism | GSSAPI          | is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
          ens.destination.splunk.url     | ftp://host            | is not an http or https URL
          ens.destination.splunk.url     | https://h/services/collector/event | ens.destination.splunk.url=https://h/...: is more than a base URL; leave out /services/collector
          ens.destination.splunk.url     | https://h:8088?x=1    | is more than a base URL
          ens.destination.splunk.token   | a secret              | ens.destination.splunk.token=(hidden): can't be part of an HTTP header
          ens.destination.splunk.lanes   | 0                     | is not a number from 1 to 256
          ens.destination.splunk.begin   | yesterday             | ens.destination.splunk.begin=yesterday: is neither now, earliest nor an age
          ens.destination.splunk.events  | a,,b                  | is not a list of event types
          ens.destination.splunk.tenants | a/b                   | is not a list of tenants
          ens.destination.splunk.truststore | missing.pem        | ens.destination.splunk.truststore=missing.pem: no such file
          ens.destination.splunk.proxy-username | me             | ens.destination.splunk.proxy is missing
          ens.destination.elastic.index  | a/b                   | is not the name of an index
          ens.destination.elastic.index  | -a                    | is not the name of an index
          ens.destination.elastic.username | me                  | ens.destination.elastic.password is missing
          ens.destination.elastic.url    | https://host/#x       | is more than a base URL
          ens.spool.keep                 | 1 day                 | ens.spool.keep=1 day: is not a time of at least a second; give one such as 30s
          ens.spool.keep                 | 500ms                 | ens.spool.keep=500ms: is not a time
          ens.spool.keep-size            | 1073741824            | ens.spool.keep-size=1073741824: is not a size; give one such as 500MB, 1GB or 2TB
          ens.spool.keep-size            | -1GB                  | ens.spool.keep-size=-1GB: is not a size
          ens.spool.url                  | tcp://host:61616      | ens.spool.url: unknown key
          ens.http.host                  | http://localhost      | is not a host name or an address
          ens.http.host                  | 0.0.0.0               | others can reach this address
          ens.log.format                 | xml                   | is none of text, json
          ens.http.port                  | 80800                 | is not a number from 0 to 65535
          camel.management.port          | none                  | is not a number from 0 to 65535
          ens.api.ulr                    | https://host          | ens.api.ulr: unknown key; did you mean ens.api.url?
          ens.api.pasword                | secret                | ens.api.pasword: unknown key; did you mean ens.api.password?
          ens.something.else.entirely    | 1                     | ens.something.else.entirely: unknown key; take it out
          ens.destination.webhook.uri    | https://host          | unknown key; did you mean ens.destination.webhook.url?
          ens.destination.siem           | 1                     | ens.destination.siem: unknown key
          """)
  void namesKeyValueAndRemedy(String key, String value, String expected) {
    String message = problemWith(Map.of(key, value == null ? "" : value.replace("\\t", "\t")));

    assertEquals(expected, message.contains(expected) ? expected : message);
    assertFalse(message.contains("secret"), message);
    assertFalse(message.contains("\n"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ens.api.url                 | http://127.0.0.1:8080
          ens.api.url                 | http://localhost
          ens.api.url                 | http://[::1]:80
          ens.api.url                 | https://host:443/behind/a/proxy
          ens.api.url                 | https://my_service:8443
          ens.api.proxy               | http://proxy:3128
          ens.mqtt.url                | ssl://10.0.0.1:8883
          ens.tenant                  | Acme.EU_1-a
          ens.tls.protocols           | TLSv1.2
          ens.events                  | device_wiped, device_retired
          ens.metadata.refresh        | 5m30s
          ens.metadata.refresh        | 60000
          ens.metadata.refresh        | 1d
          ens.destination.siem.url    | anything
          ens.destination.siem.a.b    | anything
          ens.destination.webhook.url | http://host/path?x=1
          ens.destination.webhook.url | HTTPS://my_service:8443?a|b
          ens.destination.webhook.url | http://[2001:db8::1]/x
          ens.destination.webhook.tenants | a, b
          ens.destination.webhook.begin | earliest
          ens.destination.webhook.begin | 7d
          ens.destination.webhook.format | Binary
          ens.destination.webhook.batch-linger | 500
          ens.destination.webhook.secret | whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
          ens.destination.jms.url     | tcp://host:61616?sslEnabled=true
          ens.destination.jms.url     | (tcp://a:61616,tcp://b:61616)?ha=true
          ens.destination.splunk.url  | https://http-inputs-acme.splunkcloud.com:443
          ens.destination.splunk.begin | earliest
          ens.destination.splunk.begin | 7d
          ens.destination.elastic.url | http://host:9200/behind/a/proxy
          ens.destination.elastic.index | logs-ivanti.ens-default
          ens.destination.elastic.tenants | acme, Acme.EU_1-a
          ens.http.host               | ::1
          other.key                   | anything
          """)
  void acceptsWhatWorks(String key, String value) {
    assertDoesNotThrow(settings(Map.of(key, value))::check);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          secret               | S3CRET          | : does not begin with whsec_; give whsec_ and base64 of 24 to 64 bytes
          secret               | whsec_S3CRET00  | : has 6 bytes, not 24 to 64
          secret               | whsec_S3CRET*   | : is not base64 after whsec_
          secret               | whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,S3CRET | : does not begin with whsec_
          oauth2-client-secret | S3CRET          | =(hidden): ens.destination.webhook.oauth2-client-id is missing
          """)
  void showsNothingOfASecretOfTheWebhook(String key, String value, String expected) {
    String message = problemWith(Map.of("ens.destination.webhook." + key, value));

    assertTrue(message.startsWith("ens.destination.webhook." + key + expected), message);
    assertFalse(message.contains("S3CRET"), message);
    assertFalse(message.contains("MfKQ"), message);
  }

  @Test
  void aRelayThatOnlyDeliversNeedsNoKeysOfTheService() {
    Properties worker = new Properties();
    worker.setProperty("ens.role", "delivery");
    worker.setProperty("ens.spool.kafka", "kafka1:9092,kafka2:9092");
    worker.setProperty("ens.tls.keystore", "only-on-other-machines.p12");

    assertDoesNotThrow(Settings.load(Path.of("none.properties"), Map.of(), worker)::check);
  }

  @Test
  void takesOneKindOfCredentials() {
    assertEquals(
        "ens.destination.webhook.username: only one kind of credentials can be sent, and"
            + " ens.destination.webhook.api-key is set too; take one of them out",
        problemWith(
            Map.of(
                "ens.destination.webhook.username", "me",
                "ens.destination.webhook.password", "p",
                "ens.destination.webhook.api-key-header", "X-API-Key",
                "ens.destination.webhook.api-key", "k")));
  }

  @Test
  void wantsTheTargetOfAnEnabledDestination() {
    assertEquals(
        "ens.destination.webhook.url: missing, but ens.destination.webhook.enabled=true;"
            + " set it or switch the destination off",
        problemWith(Map.of("ens.destination.webhook.enabled", "true")));
    assertEquals(
        "ens.destination.jms.queue: missing, but ens.destination.jms.enabled=true;"
            + " set it or switch the destination off",
        problemWith(
            Map.of(
                "ens.destination.jms.enabled", "true", "ens.destination.jms.url", "tcp://jms:1")));
  }

  @Test
  void wantsDirectoriesItCanWriteTo() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");

    assertEquals(
        "ens.data.dir="
            + file
            + ": can't be written to; give a directory this user may create or write to",
        problemWith(Map.of("ens.data.dir", file.toString())));
    assertEquals(
        "ens.archive.dir="
            + file.resolve("below")
            + ": can't be written to; give a directory this user may create or write to",
        problemWith(Map.of("ens.archive.dir", file.resolve("below").toString())));
  }

  @Test
  void wantsATenantAndAClientIdThatFit() {
    assertEquals(
        "ens.tenant=" + "t".repeat(65),
        problemWith(Map.of("ens.tenant", "t".repeat(65))).split(":")[0]);
    assertEquals(
        "ens.mqtt.client-id=" + "é".repeat(200) + "...",
        problemWith(Map.of("ens.mqtt.client-id", "é".repeat(32768))).split(":")[0]);
  }

  @Test
  void leavesNothingBehind() throws IOException {
    settings(Map.of()).check();
    assertFalse(Files.exists(dir.resolve("data")));

    Files.createDirectory(dir.resolve("data"));
    settings(Map.of()).check();

    try (var files = Files.list(dir.resolve("data"))) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void namesTheFirstProblemInTheOrderOfTheFile() {
    String message =
        problemWith(Map.of("ens.http.port", "0", "ens.mqtt.keep-alive", "0", "ens.events", ","));

    assertEquals("ens.mqtt.keep-alive=0", message.split(":")[0]);
  }

  private String problemWith(Map<String, String> changed) {
    return assertThrows(ConfigurationException.class, settings(changed)::check).getMessage();
  }

  private Settings settings(Map<String, String> changed) {
    Properties options = new Properties();
    options.setProperty("ens.api.url", "https://na1.mobileiron.com");
    options.setProperty("ens.mqtt.url", "ssl://queue-na1.mobileiron.com:8883");
    options.setProperty("ens.tls.keystore", certificates.resolve("client.p12").toString());
    options.setProperty("ens.tls.keystore-password", "changeit");
    options.setProperty("ens.data.dir", dir.resolve("data").toString());
    options.setProperty("ens.archive.dir", dir.resolve("events").toString());
    changed.forEach(options::setProperty);
    return Settings.load(dir.resolve("missing"), Map.of(), options);
  }

  @Test
  void isContentWithAUserNameForABrokerThatWantsNoCertificate() {
    settings(
            Map.of(
                "ens.tls.keystore",
                "",
                "ens.tls.keystore-password",
                "",
                "ens.mqtt.username",
                "me",
                "ens.mqtt.password",
                "secret"))
        .check();
  }
}
