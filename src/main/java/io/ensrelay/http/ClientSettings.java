package io.ensrelay.http;

import io.ensrelay.tls.TlsMaterial;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.util.Timeout;

/**
 * The settings that every HTTP client of the relay has: certificates, Basic credentials, a proxy,
 * connections of its own with bounds, no redirects. Each new connection uses the current
 * certificates. Threads: many may use it after its setters were called.
 */
public abstract class ClientSettings implements HttpClientConfigurer {
  static final String AGENT = "ens-relay";
  static final Timeout CONNECT = Timeout.ofSeconds(10);

  private final Proxy proxy = new Proxy();
  private final Credentials credentials = new Credentials();
  private TlsMaterial tls = new TlsMaterial();

  ClientSettings() {}

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /** Sets the user for Basic; blank: none. */
  public void setUsername(String username) {
    credentials.set("username", username);
  }

  public void setPassword(String password) {
    credentials.set("password", password);
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

  final Credentials credentials() {
    return credentials;
  }

  /**
   * Gives the client connections, certificates and the proxy.
   *
   * @param most simultaneous connections
   * @param silence the longest wait for a byte
   */
  final void connect(HttpClientBuilder client, int most, Timeout silence, Timeout handshake) {
    PoolingHttpClientConnectionManagerBuilder connections =
        BoundedClient.connections()
            .setTlsSocketStrategy(TlsConnections.by(tls))
            .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(handshake).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECT)
                    .setSocketTimeout(silence)
                    .build())
            .setMaxConnPerRoute(most)
            .setMaxConnTotal(most);
    client
        .setConnectionManager(connections.build())
        .setConnectionManagerShared(false)
        .addExecInterceptorFirst("tls-failure", TlsConnections.explaining(tls))
        // otherwise the client never reuses a connection with a client certificate
        .disableConnectionState()
        .disableRedirectHandling();
    proxy.take(client);
  }

  static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the secrets. */
  @Override
  public String toString() {
    return getClass().getSimpleName() + "[" + proxy + ", " + tls + "]";
  }
}
