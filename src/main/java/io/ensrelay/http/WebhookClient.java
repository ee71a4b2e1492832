package io.ensrelay.http;

import io.ensrelay.tls.TlsMaterial;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.util.Timeout;

/**
 * Configures camel-http for a user's endpoint: URL, certificates, token, proxy, connections.
 *
 * <p>Sends path and query of the URL byte for byte. URL, token and credentials appear in no header
 * of an exchange and in no endpoint URI, which is only a name. Each new connection uses the current
 * certificates. The endpoint's options set the time-outs for the parts of a call; {@link
 * BoundedClient} bounds the whole call and its answer. Many threads may use it after its setters
 * were called.
 */
public final class WebhookClient implements HttpClientConfigurer {
  /** As long as the wait for an answer: many lanes that start at once share the processors. */
  private static final Timeout HANDSHAKE = Timeout.ofSeconds(30);

  private final Proxy proxy = new Proxy();
  private TlsMaterial tls = new TlsMaterial();
  private Optional<FixedTarget> target = Optional.empty();
  private Optional<String> token = Optional.empty();
  private int connections = 256;

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /**
   * Sets the URL of every request; blank: the URI of the endpoint.
   *
   * @throws IllegalArgumentException if HTTP can't carry the URL; the message does not contain it
   */
  public void setUrl(String url) {
    target = given(url).map(FixedTarget::of);
  }

  /** Sets the token for {@code Authorization: Bearer}; blank: none. */
  public void setToken(String token) {
    this.token = given(token);
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

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client
        .setConnectionManager(
            BoundedClient.connections()
                .setTlsSocketStrategy(TlsConnections.by(tls))
                .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(HANDSHAKE).build())
                .setMaxConnPerRoute(connections)
                .setMaxConnTotal(connections)
                .build())
        .setConnectionManagerShared(false)
        .addExecInterceptorFirst("tls-failure", TlsConnections.explaining(tls))
        // otherwise the client never reuses a connection with a client certificate
        .disableConnectionState()
        .disableRedirectHandling();
    proxy.take(client);
    target.ifPresent(real -> real.take(client));
    token.ifPresent(
        secret ->
            client.addRequestInterceptorFirst(
                (request, entity, context) ->
                    request.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + secret)));
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the secrets. */
  @Override
  public String toString() {
    return "WebhookClient[" + target.map(FixedTarget::toString).orElse("") + ", " + tls + "]";
  }
}
