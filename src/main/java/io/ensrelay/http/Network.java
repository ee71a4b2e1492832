package io.ensrelay.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * How the HTTP clients of this process connect: to the real host, or, while a test of a destination
 * runs, to whatever {@link Stand stands} for it.
 *
 * <p>One place for the whole process, because a test must reach every client, also one that a bean
 * of a user makes. The stand gets plain HTTP, with path and headers as the real host would get
 * them; it sees no TLS. Threads: safe.
 */
public final class Network implements HttpClientConnectionOperator {
  private static final AtomicReference<Optional<Stand>> STAND =
      new AtomicReference<>(Optional.empty());

  private final HttpClientConnectionOperator real;

  /** Stands for every host. Threads: called by many at once. */
  @FunctionalInterface
  public interface Stand {
    /** Returns a connected socket. */
    Socket connect(String scheme, String host, int port) throws IOException;
  }

  /** Ends what {@link #replace} began. */
  public interface Replaced extends AutoCloseable {
    @Override
    void close();
  }

  Network(HttpClientConnectionOperator real) {
    this.real = real;
  }

  /**
   * Connects every client of this process to the stand, until the result is closed.
   *
   * @throws IllegalStateException if there is a stand already
   */
  public static Replaced replace(Stand stand) {
    if (STAND.getAndUpdate(now -> now.or(() -> Optional.of(stand))).isPresent()) {
      throw new IllegalStateException("the network is replaced already");
    }
    return () -> STAND.set(Optional.empty());
  }

  private static boolean isReplaced(ManagedHttpClientConnection connection, HttpHost host)
      throws IOException {
    Optional<Stand> stand = STAND.get();
    if (stand.isEmpty()) {
      return false;
    }
    int port = DefaultSchemePortResolver.INSTANCE.resolve(host);
    connection.bind(stand.get().connect(host.getSchemeName(), host.getHostName(), port));
    return true;
  }

  @Override
  public void connect(
      ManagedHttpClientConnection connection,
      HttpHost host,
      InetSocketAddress local,
      TimeValue timeout,
      SocketConfig config,
      HttpContext context)
      throws IOException {
    if (!isReplaced(connection, host)) {
      real.connect(connection, host, local, timeout, config, context);
    }
  }

  @Override
  public void connect(
      ManagedHttpClientConnection connection,
      HttpHost host,
      NamedEndpoint name,
      InetSocketAddress local,
      Timeout timeout,
      SocketConfig config,
      Object attachment,
      HttpContext context)
      throws IOException {
    if (!isReplaced(connection, host)) {
      real.connect(connection, host, name, local, timeout, config, attachment, context);
    }
  }

  @Override
  public void connect(
      ManagedHttpClientConnection connection,
      HttpHost host,
      NamedEndpoint name,
      Path unixSocket,
      InetSocketAddress local,
      Timeout timeout,
      SocketConfig config,
      Object attachment,
      HttpContext context)
      throws IOException {
    if (!isReplaced(connection, host)) {
      real.connect(connection, host, name, unixSocket, local, timeout, config, attachment, context);
    }
  }

  /** A stand has no TLS, also behind a proxy. */
  @Override
  public void upgrade(ManagedHttpClientConnection connection, HttpHost host, HttpContext context)
      throws IOException {
    if (STAND.get().isEmpty()) {
      real.upgrade(connection, host, context);
    }
  }

  @Override
  public void upgrade(
      ManagedHttpClientConnection connection,
      HttpHost host,
      NamedEndpoint name,
      Object attachment,
      HttpContext context)
      throws IOException {
    if (STAND.get().isEmpty()) {
      real.upgrade(connection, host, name, attachment, context);
    }
  }
}
