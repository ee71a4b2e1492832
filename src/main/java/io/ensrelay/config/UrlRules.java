package io.ensrelay.config;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.WebAddress;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;

/** A URL of the configuration, taken apart far enough to say what is wrong with it. */
record UrlRules(String scheme, String host, String port, String rest) {
  private static final Pattern PARTS =
      Pattern.compile("(?s)([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)");
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::(.*))?");
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):");

  /** The schemes by which the Artemis client finds a broker. */
  private static final Set<String> JMS = Set.of("tcp", "vm", "udp", "jgroups");

  private static final Set<String> SYSLOG = Set.of("tls", "tcp", "udp");
  private static final Pattern JDBC = Pattern.compile("jdbc:[A-Za-z][\\w+.-]*:.+");

  private static final Set<String> MQTT_ALIASES =
      Set.of("tcp", "mqtt", "mqtts", "tls", "ws", "wss");

  /** REST side: https; http would send the credentials in the clear, so only to this machine. */
  static void api(String key, String value) {
    String remedy = "give the base URL of the REST side, https://host";
    UrlRules url = of(key, value, remedy);
    if (!url.scheme.equals("https") && !(url.scheme.equals("http") && url.isLoopback())) {
      String problem =
          url.scheme.equals("http")
              ? "http would send the credentials in the clear"
              : "is not an https URL";
      throw new ConfigurationException(key, value, problem, remedy);
    }
    if (url.rest.contains("?") || url.rest.contains("#") || url.rest.contains("/msa/")) {
      throw new ConfigurationException(
          key, value, "is more than a base URL", "leave out what comes after the host");
    }
    if (url.rest.endsWith("/")) {
      throw new ConfigurationException(key, value, "ends with a slash", "leave the slash out");
    }
  }

  static void mqtt(String key, String value) {
    String remedy = "give ssl://host:port, usually with port 8883";
    UrlRules url = of(key, value, remedy);
    if (!url.scheme.equals("ssl")) {
      String problem =
          MQTT_ALIASES.contains(url.scheme)
              ? url.scheme + ":// is not spoken here, the service wants MQTT over TLS"
              : url.scheme + ":// is no MQTT address";
      throw new ConfigurationException(key, value, problem, remedy);
    }
    if (url.port.isEmpty() || !url.rest.isEmpty()) {
      String problem = url.port.isEmpty() ? "has no port" : "has more than a host and a port";
      throw new ConfigurationException(key, value, problem, remedy);
    }
    if (!isServerName(url.host)) {
      throw new ConfigurationException(
          key, value, "the host can't be named in a TLS handshake", "give its DNS name");
    }
  }

  static void proxy(String key, String value) {
    String remedy = "give http://host:port";
    UrlRules url = of(key, value, remedy);
    if (!url.scheme.equals("http") || url.port.isEmpty() || !url.rest.matches("/?")) {
      throw new ConfigurationException(key, value, "is not of the form http://host:port", remedy);
    }
  }

  static void web(String key, String value) {
    String remedy = "give https://host/... or http://host/...";
    of(key, value, remedy);
    try {
      WebAddress.of(value);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(key, value, e.getMessage(), remedy);
    }
  }

  /** To which a sink appends its path. */
  static void base(String key, String value) {
    web(key, value);
    if (value.contains("?") || value.contains("#")) {
      throw new ConfigurationException(
          key, value, "is more than a base URL", "leave out what comes after the path");
    }
  }

  /** The HTTP Event Collector of Splunk. */
  static void collector(String key, String value) {
    base(key, value);
    if (value.contains("/services/collector")) {
      throw new ConfigurationException(
          key, value, "is more than a base URL", "leave out /services/collector and what follows");
    }
  }

  /** One of an Artemis broker, or several: {@code (tcp://a:61616,tcp://b:61616)?ha=true}. */
  static void jms(String key, String value) {
    String first = value.startsWith("(") ? value.substring(1) : value;
    Matcher scheme = SCHEME.matcher(first);
    String remedy =
        "give the address of an Artemis broker's core protocol, tcp://host:61616 (with TLS:"
            + " tcp://host:61616?sslEnabled=true)";
    if (!scheme.lookingAt()) {
      throw new ConfigurationException(key, value, "is not a URL", remedy);
    }
    if (!JMS.contains(scheme.group(1).toLowerCase(Locale.ROOT))) {
      throw new ConfigurationException(
          key, value, scheme.group(1) + ":// is not spoken here", remedy);
    }
  }

  /** Of a database; what follows the name of the driver is the driver's. */
  static void jdbc(String key, String value) {
    if (!JDBC.matcher(value).matches()) {
      throw new ConfigurationException(
          key, value, "is not a JDBC URL", "give one such as jdbc:postgresql://host/events");
    }
  }

  static void syslog(String key, String value) {
    String remedy = "give tls://host:6514, tcp://host:514 or udp://host:514";
    UrlRules url = of(key, value, remedy);
    if (!SYSLOG.contains(url.scheme.toLowerCase(Locale.ROOT)) || !url.rest.matches("/?")) {
      throw new ConfigurationException(
          key, value, "is not an address of a syslog receiver", remedy);
    }
  }

  static void amqp(String key, String value) {
    String remedy = "give amqp://host:5672 or, with TLS, amqps://host:5671";
    UrlRules url = of(key, value, remedy);
    if (!Set.of("amqp", "amqps").contains(url.scheme)) {
      throw new ConfigurationException(key, value, url.scheme + ":// is not spoken here", remedy);
    }
    if (!url.rest.isEmpty() && !url.rest.startsWith("?")) {
      throw new ConfigurationException(key, value, "has a path", "leave it out");
    }
  }

  private static UrlRules of(String key, String value, String remedy) {
    Matcher parts = PARTS.matcher(value);
    if (!parts.matches() || value.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw new ConfigurationException(key, value, "is not a URL", remedy);
    }
    String authority = parts.group(2);
    if (authority.isEmpty() || authority.startsWith(":")) {
      throw new ConfigurationException(key, value, "has no host", remedy);
    }
    if (authority.contains("@")) {
      throw new ConfigurationException(
          key,
          value,
          "has credentials in it",
          "take them out; where some are needed they have keys of their own");
    }
    Matcher host = AUTHORITY.matcher(authority);
    if (!host.matches()) {
      throw new ConfigurationException(key, value, "has a malformed host", remedy);
    }
    String port = host.group(2);
    if (port != null && !ValueRules.isIntegerWithin(port, 1, 65535)) {
      throw new ConfigurationException(
          key, value, "the port is not a number from 1 to 65535", remedy);
    }
    return new UrlRules(parts.group(1), host.group(1), port == null ? "" : port, parts.group(3));
  }

  /** Paho sends every host as the server name, where an IPv6 address or a "_" is not allowed. */
  private static boolean isServerName(String host) {
    try {
      return new SNIHostName(host).getAsciiName().length() > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private boolean isLoopback() {
    return host.equalsIgnoreCase("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.\\d{1,3}){3}");
  }
}
