package io.ensrelay.destination;

import io.ensrelay.base.BrokerAddresses;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.check.Finding;
import io.ensrelay.check.Finding.Level;
import io.ensrelay.config.Settings;
import io.ensrelay.http.HttpSender;
import io.ensrelay.http.WebhookClient;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Tries the receiver of each shipped destination that is switched on, without an event: the health
 * of Splunk, the {@code /} of Elasticsearch with the credentials, else a TCP connection and the TLS
 * handshake; of the webhook only the token URL of OAuth 2. A database and UDP are not tried.
 *
 * <p>Threads: one. Each receiver takes at most some ten seconds for each of its addresses. Texts
 * have no secret: of a URL only scheme, host and port.
 */
public final class DestinationProbe {
  private static final Duration SILENCE = Duration.ofSeconds(10);
  private static final int MOST_BROKERS = 10;
  private static final Pattern ADDRESS =
      Pattern.compile(
          "^\\(?(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(\\[[0-9A-Fa-f:.]+]|[^:/?#,@\\[\\]]+)(?::(\\d{1,5}))?");
  private static final Map<String, Integer> PORTS =
      Map.of("http", 80, "https", 443, "amqp", 5672, "amqps", 5671, "tls", 6514, "tcp", 61616);

  private final Settings settings;

  public DestinationProbe(Settings settings) {
    this.settings = settings;
  }

  /** Tries one after the other. */
  public List<Finding> look() {
    List<Finding> all = new ArrayList<>();
    splunk().ifPresent(all::add);
    elastic().ifPresent(all::add);
    address("webhook", "oauth2-token-url", "https").ifPresent(all::add);
    address("jms", "url", jmsHasTls() ? "tcp" : "").ifPresent(all::add);
    address("amqp", "url", "amqps").ifPresent(all::add);
    address("syslog", "url", "tls").ifPresent(all::add);
    kafka().ifPresent(all::add);
    return all;
  }

  private Optional<Finding> splunk() {
    return answer("splunk", "/services/collector/health", Map.of(503, Level.WARNING));
  }

  private Optional<Finding> elastic() {
    // a user who may write need not be allowed to read this
    return answer("elastic", "/", Map.of(403, Level.OK, 429, Level.WARNING));
  }

  private Optional<Finding> answer(String name, String path, Map<Integer, Level> levels) {
    if (!isOn(name)) {
      return Optional.empty();
    }
    WebhookClient client = client(name);
    try (HttpSender sender = new HttpSender(client, SILENCE, HttpSender.Answers.STATUS)) {
      sender.send("GET", path, Map.of(), new byte[0]);
      return found(name, Level.OK, sender.address() + " answers");
    } catch (HttpOperationFailedException e) {
      Level level = levels.getOrDefault(e.getStatusCode(), Level.FAILED);
      return found(name, level, e.getUri() + " answers HTTP " + e.getStatusCode());
    } catch (IOException | ConfigurationException e) {
      return found(name, Level.FAILED, e.getMessage());
    }
  }

  private WebhookClient client(String name) {
    WebhookClient client = new WebhookClient();
    String prefix = "ens.destination." + name;
    client.setPrefix(prefix);
    client.setTls(settings.tls(prefix));
    client.setUrl(value(name, "url").orElse(""));
    client.setUsername(value(name, "username").orElse(""));
    client.setPassword(value(name, "password").orElse(""));
    client.authorize("api-key", "ApiKey", value(name, "api-key").orElse(""));
    client.setProxy(value(name, "proxy").orElse(""));
    client.setProxyUsername(value(name, "proxy-username").orElse(""));
    client.setProxyPassword(value(name, "proxy-password").orElse(""));
    return client;
  }

  /**
   * @param encrypted the scheme that means TLS
   */
  private Optional<Finding> address(String name, String key, String encrypted) {
    Matcher address = ADDRESS.matcher(value(name, key).orElse(""));
    if (!isOn(name) || !address.lookingAt() || "udp".equals(address.group(1))) {
      return Optional.empty();
    }
    String scheme = String.valueOf(address.group(1));
    boolean isKnown = address.group(3) != null || PORTS.containsKey(scheme);
    if (!isKnown) {
      return Optional.empty();
    }
    int port = address.group(3) == null ? PORTS.get(scheme) : Integer.parseInt(address.group(3));
    return connected(name, address.group(2), port, scheme.equals(encrypted));
  }

  private Optional<Finding> kafka() {
    if (!isOn("kafka")) {
      return Optional.empty();
    }
    boolean isTls =
        value("kafka", "tls").filter("true"::equals).isPresent() || hasCertificates("kafka");
    List<Finding> each = new ArrayList<>();
    for (String broker : BrokerAddresses.of(value("kafka", "brokers").orElse("")).all()) {
      Matcher address = ADDRESS.matcher(broker);
      if (each.size() < MOST_BROKERS && address.lookingAt() && address.group(3) != null) {
        int port = Integer.parseInt(address.group(3));
        connected("kafka", address.group(2), port, isTls).ifPresent(each::add);
      }
    }
    List<Finding> good = each.stream().filter(one -> one.level() == Level.OK).toList();
    String text = String.join("; ", each.stream().map(Finding::said).toList());
    return each.isEmpty()
        ? Optional.empty()
        : found(
            "kafka",
            good.size() == each.size() ? Level.OK : good.isEmpty() ? Level.FAILED : Level.WARNING,
            text);
  }

  private Optional<Finding> connected(String name, String host, int port, boolean isTls) {
    String plain = host.replaceAll("[\\[\\]]", "");
    String where = host + ":" + port;
    String prefix = "ens.destination." + name;
    Optional<HttpProxy> proxy = HttpProxy.of(settings, prefix);
    if (!isTls) {
      return proxy.isPresent() ? Optional.empty() : reached(name, plain, port, where);
    }
    TlsMaterial tls = settings.tls(prefix);
    try (Dialer dialer = new Dialer(plain, port, tls, proxy)) {
      dialer.dial().close();
      return found(name, Level.OK, where + " takes connections, its certificate is trusted");
    } catch (IOException | ConfigurationException e) {
      return found(name, Level.FAILED, where + ": " + e.getMessage());
    }
  }

  private static Optional<Finding> reached(String name, String host, int port, String where) {
    try (Socket socket = Dialer.connect(host, port)) {
      return found(name, Level.OK, where + " takes connections");
    } catch (UnknownHostException e) {
      return found(name, Level.FAILED, "unknown host " + host);
    } catch (IOException e) {
      return found(name, Level.FAILED, where + ": " + e.getMessage());
    }
  }

  private boolean jmsHasTls() {
    return hasCertificates("jms")
        || value("jms", "url").filter(url -> url.contains("sslEnabled=true")).isPresent();
  }

  private boolean hasCertificates(String name) {
    return value(name, "truststore").isPresent() || value(name, "keystore").isPresent();
  }

  private boolean isOn(String name) {
    return value(name, "enabled").filter("true"::equalsIgnoreCase).isPresent();
  }

  private Optional<String> value(String name, String key) {
    return settings.get("ens.destination." + name + "." + key).filter(text -> !text.isBlank());
  }

  private static Optional<Finding> found(String name, Level level, String text) {
    return Optional.of(new Finding(name, level, text));
  }
}
