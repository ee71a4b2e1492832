package io.ensrelay.http;

import io.ensrelay.tls.TlsMaterial;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.util.Timeout;

/**
 * How camel-http calls a user's endpoint: URL, certificates, token, proxy, kept-alive connections.
 *
 * <p>The URL is sent byte for byte in its path and query, and stands, like the token and the
 * credentials, in no header of an exchange and no endpoint URI: that one is only a name. The
 * certificates are those of the moment of the connect. The time-outs of a call's parts are the
 * endpoint's; its whole and its answer have the bounds of {@link BoundedClient}. Safe for use by
 * many threads once its setters have been called.
 */
public final class WebhookClient implements HttpClientConfigurer {
  /** As long as for an answer: many lanes that begin at once share the processors. */
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
   * Where every request goes; blank: where the endpoint's URI says.
   *
   * @throws IllegalArgumentException when HTTP can't carry it; the message does not hold it
   */
  public void setUrl(String url) {
    target = given(url).map(FixedTarget::of);
  }

  /** For {@code Authorization: Bearer}; blank: none. */
  public void setToken(String token) {
    this.token = given(token);
  }

  /** As {@code http://host:port}; blank: none. */
  public void setProxy(String url) {
    proxy.setUrl(url);
  }

  /** For Basic, to the proxy only; blank: none. */
  public void setProxyUsername(String username) {
    proxy.setUsername(username);
  }

  public void setProxyPassword(String password) {
    proxy.setPassword(password);
  }

  /** At the same time, at most; a call that finds none free waits. */
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
        // else a connection with a client certificate is not taken up again
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

  /** Without the secrets. */
  @Override
  public String toString() {
    return "WebhookClient[" + target.map(FixedTarget::toString).orElse("") + ", " + tls + "]";
  }
}
