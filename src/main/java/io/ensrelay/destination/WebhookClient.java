package io.ensrelay.destination;

import io.ensrelay.service.TlsMaterial;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.util.Timeout;

/**
 * How camel-http calls a user's endpoint: certificates, token, kept-alive connections.
 *
 * <p>The certificates are those of the moment of the connect. The token stands in no header of an
 * exchange and no endpoint URI. The time-outs of a call are the endpoint's. Safe for use by many
 * threads once its setters have been called.
 */
public final class WebhookClient implements HttpClientConfigurer {
  /** As long as for an answer: many lanes that begin at once share the processors. */
  private static final Timeout HANDSHAKE = Timeout.ofSeconds(30);

  private TlsMaterial tls = new TlsMaterial();
  private Optional<String> token = Optional.empty();
  private int connections = 1;

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /** For {@code Authorization: Bearer}; blank: none. */
  public void setToken(String token) {
    this.token = Optional.ofNullable(token).filter(text -> !text.isBlank());
  }

  /** At the same time, at most; a call that finds none free waits. */
  public void setConnections(int connections) {
    this.connections = connections;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client
        .setConnectionManager(
            PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy(tls.socketStrategy())
                .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(HANDSHAKE).build())
                .setMaxConnPerRoute(connections)
                .setMaxConnTotal(connections)
                .build())
        .setConnectionManagerShared(false)
        // else a connection with a client certificate is not taken up again
        .disableConnectionState()
        .disableRedirectHandling();
    token.ifPresent(
        secret ->
            client.addRequestInterceptorFirst(
                (request, entity, context) ->
                    request.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + secret)));
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "WebhookClient[" + tls + "]";
  }
}
