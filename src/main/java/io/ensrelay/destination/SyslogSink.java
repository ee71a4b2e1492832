package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.BatchSender.Item;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.service.Dialer;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Service;
import org.apache.camel.ValidationException;

/**
 * Sends events as syslog messages (RFC 5424) over TLS, TCP or UDP, as JSON or CEF.
 *
 * <p>Each lane has a connection of its own and keeps it, so that the events of a device arrive in
 * order. Delivery: syslog has no acknowledgement; an event counts as delivered when the system has
 * taken its message. Errors: an {@link IOException} if the receiver can't be reached; over UDP, a
 * {@link ValidationException} for an event that no datagram can hold.
 *
 * <p>Threads: set up by one, then used by all lanes.
 */
public final class SyslogSink implements CamelContextAware, Service {
  private static final int MOST_EVENTS = 500;
  private static final long MOST_BYTES = 1 << 20;
  private static final int MOST_OF_A_DATAGRAM = 60 << 10;
  private static final Pattern URL =
      Pattern.compile(
          "(?i)(tls|tcp|udp)://(?:\\[([0-9A-Fa-f:.]+)]|([^:/?#@\\[\\]]+))(?::(\\d{1,5}))?/?");

  private final BatchSender batches =
      new BatchSender(this::sendAll, MOST_EVENTS, MOST_BYTES, Duration.ZERO, false);
  private final CefLine cef = new CefLine();
  private final TlsMaterial tls = new TlsMaterial();

  /** By the thread of the lane. */
  private final Map<Thread, SyslogChannel> channels = new HashMap<>();

  private CamelContext camel;
  private String prefix = "ens.destination.syslog";
  private String url = "";
  private String format = "json";
  private String facility = "local0";
  private String appName = "ens-relay";
  private Optional<Target> target = Optional.empty();
  private SyslogMessage message;

  private record Target(String scheme, String host, int port) {}

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
    tls.setPrefix(prefix);
  }

  /**
   * Sets the receiver: {@code tls://host:6514}, {@code tcp://host:514} or {@code udp://host:514}.
   */
  public void setUrl(String url) {
    this.url = url == null ? "" : url.strip();
  }

  /** Sets {@code json} for the event as it is, or {@code cef}. */
  public void setFormat(String name) {
    format = given(name, format).toLowerCase(Locale.ROOT);
  }

  /** Sets the name of the facility, such as {@code local0}. */
  public void setFacility(String name) {
    facility = given(name, facility);
  }

  public void setAppName(String name) {
    appName = given(name, appName);
  }

  private static String given(String value, String otherwise) {
    return value == null || value.isBlank() ? otherwise : value.strip();
  }

  /** Sets the file with the client certificate and its private key; blank: none. */
  public void setKeystore(String path) {
    tls.setKeystore(path);
  }

  public void setKeystorePassword(String password) {
    tls.setKeystorePassword(password);
  }

  /** Sets the file with the CAs to trust; blank: those that Java trusts. */
  public void setTruststore(String path) {
    tls.setTruststore(path);
  }

  public void setTruststorePassword(String password) {
    tls.setTruststorePassword(password);
  }

  /** Sets the TLS versions to offer, separated by commas. */
  public void setProtocols(String list) {
    tls.setProtocols(list);
  }

  @Override
  public void setCamelContext(CamelContext context) {
    camel = context;
  }

  @Override
  public CamelContext getCamelContext() {
    return camel;
  }

  /**
   * Reads the settings; connects with the first event.
   *
   * @throws ConfigurationException if a setting can't work
   */
  @Override
  public synchronized void start() {
    if (target.isPresent()) {
      return;
    }
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new ConfigurationException(
          prefix + ".url",
          url,
          "is no address of a syslog receiver",
          "give tls://host:6514, tcp://host:514 or udp://host:514");
    }
    if (!format.equals("json") && !format.equals("cef")) {
      throw new ConfigurationException(
          prefix + ".format", format, "is none of json, cef", "give one of them");
    }
    try {
      message = SyslogMessage.from(facility, appName);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          prefix + ".facility", facility, e.getMessage(), "give one of them");
    }
    String scheme = parts.group(1).toLowerCase(Locale.ROOT);
    if (scheme.equals("tls")) {
      // the files are wrong now rather than with the first event
      tls.context();
    }
    int usual = scheme.equals("tls") ? 6514 : 514;
    target =
        Optional.of(
            new Target(
                scheme,
                parts.group(2) == null ? parts.group(3) : parts.group(2),
                parts.group(4) == null ? usual : Integer.parseInt(parts.group(4))));
  }

  /**
   * Takes the event into the lane's batch.
   *
   * @throws ValidationException if no datagram can hold the event
   * @throws Exception when the relay stops, or an event that is sent at once fails
   */
  public void send(Exchange exchange) throws Exception {
    start();
    String text = EventText.of(exchange);
    Map<String, Object> attributes = exchange.getMessage().getHeaders();
    byte[] bytes =
        message.of(
            attributes,
            format.equals("cef") ? cef.of(text.getBytes(StandardCharsets.UTF_8)) : text);
    if (target.orElseThrow().scheme().equals("udp") && bytes.length > MOST_OF_A_DATAGRAM) {
      throw new ValidationException(
          exchange,
          "its %s bytes do not fit into a datagram: use tcp or tls".formatted(bytes.length));
    }
    batches.collect(exchange, bytes, bytes.length);
  }

  private List<Optional<Exception>> sendAll(List<Item> items) throws Exception {
    Optional<BatchSender.Receiver> standIn = StandIn.of(camel, url, SyslogSink::shown);
    if (standIn.isPresent()) {
      return standIn.get().send(items);
    }
    channel().send(items.stream().map(item -> (byte[]) item.payload()).toList());
    return BatchSender.delivered(items);
  }

  private static StandIn.Sent shown(Item item) {
    return new StandIn.Sent(Map.of(), (byte[]) item.payload());
  }

  private SyslogChannel channel() throws IOException {
    Thread lane = Thread.currentThread();
    synchronized (channels) {
      SyslogChannel known = channels.get(lane);
      if (known != null) {
        return known;
      }
      // lanes that have ended
      channels.entrySet().removeIf(each -> hasEnded(each.getKey(), each.getValue()));
      SyslogChannel made = made(target.orElseThrow(() -> new IOException("stopped")));
      channels.put(lane, made);
      return made;
    }
  }

  private static boolean hasEnded(Thread lane, SyslogChannel channel) {
    if (lane.isAlive()) {
      return false;
    }
    channel.close();
    return true;
  }

  private SyslogChannel made(Target to) {
    return switch (to.scheme()) {
      case "udp" -> new SyslogDatagrams(to.host(), to.port());
      case "tcp" -> new SyslogStream(() -> Dialer.connect(to.host(), to.port()));
      default -> {
        Dialer dialer = new Dialer(to.host(), to.port(), tls, Optional.empty());
        yield new SyslogStream(() -> dial(dialer));
      }
    };
  }

  private Socket dial(Dialer dialer) throws IOException {
    try {
      return dialer.dial();
    } catch (IOException e) {
      throw tls.explain(e).map(failure -> new IOException("TLS: " + failure.text(), e)).orElse(e);
    }
  }

  @Override
  public void stop() {
    synchronized (channels) {
      channels.values().forEach(SyslogChannel::close);
      channels.clear();
    }
    synchronized (this) {
      target = Optional.empty();
    }
  }

  /** Omits the certificates. */
  @Override
  public String toString() {
    return "SyslogSink[" + url + ", " + format + "]";
  }
}
