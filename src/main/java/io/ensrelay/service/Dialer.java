package io.ensrelay.service;

import io.ensrelay.config.Settings;
import io.ensrelay.tls.TlsFailure;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Makes TLS connections to a host, directly or through an HTTP proxy, which then resolves the name.
 *
 * <p>Tries each address of the name in turn, IPv4 and IPv6, until one completes the TLS handshake;
 * each has a limited time. Verifies the certificate against the name. Tries an address that {@link
 * #served() served} first if it was the last one used, and last if it connected but did not serve.
 * Threads: one thread dials; {@link #close} may come from another.
 */
public final class Dialer implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final String host;
  private final int port;
  private final TlsMaterial tls;
  private final Optional<HttpProxy> proxy;
  private final Resolver resolver;
  private final Duration limit;

  private InetAddress lastUsed;
  private boolean served;
  private volatile Socket current;
  private volatile boolean closed;

  /** Resolves a name to its addresses. */
  @FunctionalInterface
  public interface Resolver {
    /** The JVM's resolver, which caches addresses for 30 s. */
    Resolver OF_THE_JVM = InetAddress::getAllByName;

    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  /** No address served; the message names each address tried and its failure. */
  public static final class Failure extends IOException {
    private static final long serialVersionUID = 1;
    private final int tried;

    private Failure(Map<String, IOException> failures, IOException mostTelling) {
      super(
          failures.entrySet().stream()
              .map(each -> each.getKey() + ": " + reason(each.getValue()))
              .collect(Collectors.joining("; ")),
          mostTelling);
      tried = failures.size();
    }

    /** Returns the number of addresses tried. */
    public int tried() {
      return tried;
    }

    /** Whether none of the addresses accepted the connection. */
    public boolean isUnreachable() {
      return isUnreachable(getCause());
    }

    private static boolean isUnreachable(Throwable failure) {
      return failure instanceof ConnectException
          || failure instanceof NoRouteToHostException
          || failure instanceof SocketTimeoutException;
    }
  }

  /** Returns a dialer for the broker that the settings name. */
  public static Dialer toBroker(Settings settings) {
    return new Dialer(
        settings.get("ens.mqtt.url").orElseThrow(),
        settings.tls("ens.tls"),
        HttpProxy.of(settings, "ens.mqtt"));
  }

  /**
   * @param url {@code ssl://host:port}
   */
  public Dialer(String url, TlsMaterial tls, Optional<HttpProxy> proxy) {
    this(url, tls, proxy, Resolver.OF_THE_JVM, LIMIT);
  }

  /**
   * @param limit for the connect to an address, and again for the proxy and the TLS handshake
   */
  public Dialer(
      String url, TlsMaterial tls, Optional<HttpProxy> proxy, Resolver resolver, Duration limit) {
    this(host(URI.create(url)), port(URI.create(url)), tls, proxy, resolver, limit);
  }

  /** Dials a port of a host; an IPv6 address has no brackets. */
  public Dialer(String host, int port, TlsMaterial tls, Optional<HttpProxy> proxy) {
    this(host, port, tls, proxy, Resolver.OF_THE_JVM, LIMIT);
  }

  private Dialer(
      String host,
      int port,
      TlsMaterial tls,
      Optional<HttpProxy> proxy,
      Resolver resolver,
      Duration limit) {
    this.host = host;
    this.port = port;
    this.tls = tls;
    this.proxy = proxy;
    this.resolver = resolver;
    this.limit = limit;
  }

  /**
   * Returns a connection with a completed TLS handshake.
   *
   * @throws UnknownHostException if the name has no address
   * @throws HttpProxy.RefusedException if the proxy refuses the connection
   * @throws Failure if no address serves
   */
  public SSLSocket dial() throws IOException {
    Map<String, IOException> failures = new TreeMap<>();
    IOException mostTelling = null;
    int hop = proxy.map(HttpProxy::port).orElse(port);
    for (InetAddress address : inOrder(proxy.map(HttpProxy::host).orElse(host))) {
      try {
        SSLSocket socket = dial(new InetSocketAddress(address, hop));
        lastUsed = address;
        served = false;
        return socket;
      } catch (HttpProxy.RefusedException e) {
        throw e;
      } catch (IOException e) {
        failures.put(place(address, hop), e);
        if (mostTelling == null || Failure.isUnreachable(mostTelling)) {
          mostTelling = e;
        }
      }
    }
    throw new Failure(failures, mostTelling);
  }

  /** Explains a failed connection, empty if it is not a TLS failure. */
  public Optional<TlsFailure> explain(Throwable failure) {
    return tls.explain(failure);
  }

  /** Reports that the last connection made was of use. */
  public void served() {
    served = true;
  }

  /** Ends a dial in progress and refuses any other. */
  @Override
  public void close() {
    closed = true;
    close(current);
  }

  private List<InetAddress> inOrder(String name) throws UnknownHostException {
    List<InetAddress> addresses = new ArrayList<>(List.of(resolver.addresses(name)));
    addresses.sort(Comparator.comparingInt(each -> !each.equals(lastUsed) ? 1 : served ? 0 : 2));
    return addresses;
  }

  private SSLSocket dial(InetSocketAddress address) throws IOException {
    Socket plain = new Socket();
    current = plain;
    // a socket's time-out does not end a peer that sends a byte now and then
    AtomicBoolean late = new AtomicBoolean();
    CompletableFuture<Void> guard = null;
    try {
      if (closed) {
        throw new ConnectException("the dialer is closed");
      }
      plain.connect(address, millis());
      guard =
          CompletableFuture.runAsync(
              () -> {
                late.set(true);
                close(plain);
              },
              CompletableFuture.delayedExecutor(millis(), TimeUnit.MILLISECONDS));
      plain.setTcpNoDelay(true);
      plain.setSoTimeout(millis());
      if (proxy.isPresent()) {
        proxy.get().connect(plain, host, port);
      }
      SSLSocket secure = (SSLSocket) tls.socketFactory().createSocket(plain, host, port, true);
      nameServer(secure);
      secure.startHandshake();
      if (!guard.cancel(false)) {
        throw new SocketTimeoutException(silent());
      }
      secure.setSoTimeout(0);
      return secure;
    } catch (IOException e) {
      close(plain);
      throw late.get() || e instanceof SocketTimeoutException
          ? new SocketTimeoutException(silent())
          : e;
    } finally {
      if (guard != null) {
        guard.cancel(false);
      }
      current = null;
    }
  }

  private int millis() {
    return (int) limit.toMillis();
  }

  private String silent() {
    return "no answer within " + limit.toSeconds() + " s";
  }

  /**
   * Sends the server name also for a name without a dot, which Java omits. An IP address is not a
   * server name, and a name with an underscore can't be sent.
   */
  private void nameServer(SSLSocket socket) {
    if (!host.contains(":") && !host.contains("_") && !host.matches("[0-9.]+")) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(host)));
      socket.setSSLParameters(parameters);
    }
  }

  /**
   * Connects a plain socket to the first address of a name that accepts the connection.
   *
   * @throws Failure if no address does
   */
  public static Socket connect(String host, int port) throws IOException {
    Map<String, IOException> failures = new TreeMap<>();
    IOException last = null;
    for (InetAddress address : Resolver.OF_THE_JVM.addresses(host)) {
      Socket socket = new Socket();
      try {
        socket.connect(new InetSocketAddress(address, port), (int) LIMIT.toMillis());
        return socket;
      } catch (IOException e) {
        close(socket);
        failures.put(place(address, port), e);
        last = e;
      }
    }
    throw new Failure(failures, last);
  }

  private static String place(InetAddress address, int port) {
    String text = address.getHostAddress();
    return (text.contains(":") ? "[" + text + "]" : text) + ":" + port;
  }

  /** Returns the host, an IPv6 address without brackets. */
  static String host(URI uri) {
    String authority = uri.getRawAuthority();
    String host = authority.substring(0, authority.lastIndexOf(':'));
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  static int port(URI uri) {
    String authority = uri.getRawAuthority();
    return Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
  }

  private static String reason(IOException failure) {
    String text = failure.getMessage();
    return text == null || text.isBlank() ? failure.getClass().getSimpleName() : text;
  }

  private static void close(Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // the socket is closed either way
    }
  }
}
