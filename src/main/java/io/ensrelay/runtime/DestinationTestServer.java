package io.ensrelay.runtime;

import io.ensrelay.http.Network;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.impl.bootstrap.HttpServer;
import org.apache.hc.core5.http.impl.bootstrap.ServerBootstrap;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;

/**
 * Stands for every HTTP server in a destination test: a server on the loopback address that answers
 * by the script of the running test. Ends each connection after its answer, so that the next
 * request makes one and can be refused. Threads: safe.
 */
final class DestinationTestServer implements Network.Stand, AutoCloseable {
  private static final int LARGEST = 64 << 20;
  private static final String TOKEN_REQUEST = "grant_type=client_credentials";

  private final Map<Integer, Caller> callers = new ConcurrentHashMap<>();
  private final HttpServer server;
  private volatile DestinationTestScript script = new DestinationTestScript(Map.of());

  DestinationTestServer() throws IOException {
    server =
        ServerBootstrap.bootstrap()
            .setLocalAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))
            .setListenerPort(0)
            .setConnectionReuseStrategy(
                (request, answer, context) -> Method.CONNECT.isSame(request.getMethod()))
            // requests for unknown hosts too
            .setRequestRouter((request, context) -> this::answer)
            .create();
    server.start();
  }

  /** Answers by this script from now on. */
  void follow(DestinationTestScript next) {
    script = next;
  }

  @Override
  public Socket connect(String scheme, String host, int port) throws IOException {
    if (script.nextIfRefused().isPresent()) {
      throw new ConnectException(
          "Connect to %s://%s:%s failed: Connection refused".formatted(scheme, host, port));
    }
    Caller caller = new Caller(origin(scheme, host, port));
    caller.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), 5000);
    callers.put(caller.getLocalPort(), caller);
    return caller;
  }

  private static String origin(String scheme, String host, int port) {
    boolean isUsual = port < 0 || port == (scheme.equals("https") ? 443 : 80);
    String name = host.contains(":") ? "[" + host + "]" : host;
    return scheme + "://" + name.toLowerCase(Locale.ROOT) + (isUsual ? "" : ":" + port);
  }

  private void answer(ClassicHttpRequest request, ClassicHttpResponse response, HttpContext context)
      throws IOException {
    Caller caller = caller(context);
    if (Method.CONNECT.isSame(request.getMethod())) {
      // a proxy: what follows is for the host behind it
      String[] parts = request.getPath().split(":(?=\\d+$)");
      caller.origin = origin("https", parts[0], Integer.parseInt(parts[1]));
      response.setCode(200);
      return;
    }
    DestinationTestMessage message = message(caller.origin, request);
    Optional<String> housekeeping = housekeeping(message);
    if (housekeeping.isPresent()) {
      answer(response, 200, Map.of(), housekeeping.get());
      return;
    }
    DestinationTestAnswer answer = script.next();
    switch (answer.kind()) {
      case ANSWERS -> {
        if (answer.isOk()) {
          script.accept(message);
        }
        int status = answer.status() == 0 ? 200 : answer.status();
        String usual = answer.isOk() ? DestinationTestReceivers.accepts(message) : "";
        answer(response, status, answer.headers(), answer.body().orElse(usual));
      }
      case TIMEOUT -> {
        caller.timesOut = true;
        throw new ConnectionClosedException("no answer");
      }
      default -> throw new ConnectionClosedException("no answer");
    }
  }

  /**
   * The answer to a request that sends no events: such requests are neither counted nor recorded.
   */
  private static Optional<String> housekeeping(DestinationTestMessage message) {
    boolean isToken =
        message.header(HttpHeaders.CONTENT_TYPE).orElse("").contains("form-urlencoded")
            && message.text().contains(TOKEN_REQUEST);
    return isToken
        ? Optional.of(DestinationTestReceivers.TOKEN)
        : DestinationTestReceivers.acknowledges(message);
  }

  private static void answer(
      ClassicHttpResponse response, int status, Map<String, String> headers, String body) {
    response.setCode(status);
    headers.forEach(response::setHeader);
    ContentType type = body.startsWith("{") ? ContentType.APPLICATION_JSON : ContentType.TEXT_PLAIN;
    response.setEntity(
        new ByteArrayEntity(
            body.getBytes(StandardCharsets.UTF_8), type.withCharset(StandardCharsets.UTF_8)));
  }

  private Caller caller(HttpContext context) throws IOException {
    InetSocketAddress from =
        (InetSocketAddress) HttpCoreContext.cast(context).getEndpointDetails().getRemoteAddress();
    Caller caller = callers.get(from.getPort());
    if (caller == null) {
      throw new ConnectionClosedException("a stranger");
    }
    return caller;
  }

  private static DestinationTestMessage message(String origin, ClassicHttpRequest request)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header each : request.getHeaders()) {
      headers.merge(each.getName(), each.getValue(), (one, other) -> one + ", " + other);
    }
    byte[] body = new byte[0];
    if (request.getEntity() != null) {
      body = EntityUtils.toByteArray(request.getEntity(), LARGEST);
      if (headers.getOrDefault(HttpHeaders.CONTENT_ENCODING, "").equals("gzip")) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
          body = in.readNBytes(LARGEST);
        }
      }
    }
    String path = request.getRequestUri();
    String behindProxy = request.getScheme() == null || !path.startsWith("http") ? origin : "";
    return new DestinationTestMessage(behindProxy + path, request.getMethod(), headers, body);
  }

  @Override
  public void close() {
    server.close(CloseMode.IMMEDIATE);
  }

  /** The client's end of a connection; its reads can time out at once. */
  private final class Caller extends Socket {
    private volatile String origin;
    private volatile boolean timesOut;

    Caller(String origin) {
      // past the selector of proxies, which refuses every other connection
      super(Proxy.NO_PROXY);
      this.origin = origin;
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          return ended(super::read);
        }

        @Override
        public int read(byte[] bytes, int from, int most) throws IOException {
          return ended(() -> super.read(bytes, from, most));
        }
      };
    }

    private int ended(Reading reading) throws IOException {
      int read;
      try {
        read = reading.read();
      } catch (SocketException e) {
        if (timesOut) {
          throw new SocketTimeoutException("Read timed out");
        }
        throw e;
      }
      if (read < 0 && timesOut) {
        throw new SocketTimeoutException("Read timed out");
      }
      return read;
    }

    @Override
    public void close() throws IOException {
      callers.remove(getLocalPort(), this);
      super.close();
    }
  }

  private interface Reading {
    int read() throws IOException;
  }

  /** Headers that belong to a connection, not to what is sent. */
  static final Set<String> OF_CONNECTION =
      Set.of(
          "host",
          "connection",
          "content-length",
          "transfer-encoding",
          "user-agent",
          "accept-encoding",
          "accept",
          "expect",
          "proxy-connection");
}
