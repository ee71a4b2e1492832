package io.ensrelay.http;

import io.ensrelay.tls.TlsMaterial;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.util.Timeout;

/**
 * Sends requests to one endpoint over connections of its own.
 *
 * <p>Sends the URL byte for byte. The credentials and the URL appear in no exchange and in no
 * message of an exception, which has only scheme, host and port. Each new connection uses the
 * current certificates. {@link BoundedClient} bounds each call and its answer; the sender follows
 * no redirect and repeats no call.
 *
 * <p>Threads: many may send after the setters were called. {@link #close()} ends all connections.
 */
public final class HttpEndpoint implements Closeable {
  private static final Timeout CONNECT = Timeout.ofSeconds(10);

  /** Also for a TLS handshake: many lanes that start at once share the processors. */
  private static final Timeout ANSWER = Timeout.ofSeconds(30);

  /** Never looked up: {@link FixedTarget} replaces it. */
  private static final URI PLACEHOLDER = URI.create("http://endpoint/");

  private final Proxy proxy = new Proxy();
  private final Map<String, CloseableHttpClient> clients = new ConcurrentHashMap<>();
  private TlsMaterial tls = new TlsMaterial();
  private Optional<String> url = Optional.empty();
  private String where = "";
  private String scheme = "Bearer";
  private Optional<String> token = Optional.empty();
  private Optional<String> username = Optional.empty();
  private String password = "";
  private int connections = 256;

  /**
   * An answer with a status of 2xx.
   *
   * @param headers the first of each name; names in any case
   */
  public record Reply(int status, byte[] body, Map<String, String> headers) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /**
   * Sets the URL of the endpoint.
   *
   * @throws IllegalArgumentException if HTTP can't carry the URL; the message does not contain it
   */
  public void setUrl(String url) {
    where = given(url).map(FixedTarget::of).map(FixedTarget::toString).orElse("");
    this.url = given(url);
  }

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /** Sets the word before the token in the header {@code Authorization}; default: Bearer. */
  public void setScheme(String scheme) {
    this.scheme = scheme;
  }

  /** Sets the token or API key, sent with each request; blank: none. */
  public void setToken(String token) {
    this.token = given(token);
  }

  /** Sets the user for Basic, used if there is no token; blank: none. */
  public void setUsername(String username) {
    this.username = given(username);
  }

  public void setPassword(String password) {
    this.password = given(password).orElse("");
  }

  /** Sets the proxy, {@code http://host:port}; blank: none. */
  public void setProxy(String url) {
    proxy.setUrl(url);
  }

  /** Sets the user for Basic at the proxy; blank: no credentials. */
  public void setProxyUsername(String username) {
    proxy.setUsername(username);
  }

  public void setProxyPassword(String password) {
    proxy.setPassword(password);
  }

  /** Sets the limit of simultaneous connections; a call waits while none is free. */
  public void setConnections(int connections) {
    this.connections = connections;
  }

  /**
   * Sends a request to the URL and returns its answer.
   *
   * @param body may be empty
   * @throws HttpOperationFailedException when the status is not 2xx; with the headers and the
   *     beginning of the body of the answer
   * @throws IOException when no complete answer came
   */
  public Reply send(String method, byte[] body, Map<String, String> headers)
      throws IOException, HttpOperationFailedException {
    return send(method, "", body, headers);
  }

  /**
   * The same to a path below the URL, which has connections of its own.
   *
   * @param path a constant of the caller, byte for byte; a query may follow it
   */
  public Reply send(String method, String path, byte[] body, Map<String, String> headers)
      throws IOException, HttpOperationFailedException {
    BasicClassicHttpRequest request = new BasicClassicHttpRequest(method, PLACEHOLDER);
    headers.forEach(request::setHeader);
    authorization().ifPresent(value -> request.setHeader(HttpHeaders.AUTHORIZATION, value));
    if (body.length > 0) {
      request.setEntity(new ByteArrayEntity(body, null));
    }
    Reply reply = clients.computeIfAbsent(path, this::client).execute(request, HttpEndpoint::reply);
    if (reply.status() >= HttpStatus.SC_REDIRECTION) {
      throw new HttpOperationFailedException(
          where, reply.status(), null, null, reply.headers(), reply.text());
    }
    return reply;
  }

  /** Scheme, host and port of the endpoint, for messages. */
  public String where() {
    return where;
  }

  private static Reply reply(ClassicHttpResponse answer) throws IOException {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Header header : answer.getHeaders()) {
      headers.putIfAbsent(header.getName(), String.valueOf(header.getValue()));
    }
    byte[] body =
        answer.getEntity() == null ? new byte[0] : EntityUtils.toByteArray(answer.getEntity());
    return new Reply(answer.getCode(), body, headers);
  }

  private Optional<String> authorization() {
    return token
        .map(secret -> scheme + " " + secret)
        .or(() -> username.map(name -> "Basic " + base64(name + ":" + password)));
  }

  private CloseableHttpClient client(String path) {
    String base = url.orElseThrow(() -> new IllegalStateException("the URL is missing"));
    String whole = path.isEmpty() ? base : base.replaceFirst("/+$", "") + path;
    HttpClientBuilder client = HttpClientBuilder.create();
    BoundedClient.bound(client, BoundedClient.LONGEST_CALL, BoundedClient.BODY_BYTES, false);
    client
        .setConnectionManager(connections())
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(Timeout.of(BoundedClient.LONGEST_CALL))
                .setResponseTimeout(ANSWER)
                .build())
        .addExecInterceptorFirst("tls-failure", TlsConnections.explaining(tls))
        // otherwise the client never reuses a connection with a client certificate
        .disableConnectionState()
        .disableRedirectHandling()
        .setUserAgent("ens-relay");
    proxy.take(client);
    FixedTarget.of(whole).take(client);
    return client.build();
  }

  private HttpClientConnectionManager connections() {
    return BoundedClient.connections()
        .setTlsSocketStrategy(TlsConnections.by(tls))
        .setDefaultConnectionConfig(
            ConnectionConfig.custom().setConnectTimeout(CONNECT).setSocketTimeout(ANSWER).build())
        .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(ANSWER).build())
        .setMaxConnPerRoute(connections)
        .setMaxConnTotal(connections)
        .build();
  }

  @Override
  public void close() throws IOException {
    for (CloseableHttpClient client : clients.values()) {
      client.close();
    }
    clients.clear();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the secrets. */
  @Override
  public String toString() {
    return "HttpEndpoint[" + where + ", " + tls + "]";
  }
}
