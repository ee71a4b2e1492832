package io.ensrelay.destination;

import io.ensrelay.service.TlsMaterial;
import java.time.Duration;
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
 * exchange and no endpoint URI. The time-outs of a call's parts are the endpoint's; no call takes
 * longer than 90 s, and no more than 64 KB of an answer are kept. Safe for use by many threads once
 * its setters have been called.
 */
public final class WebhookClient implements HttpClientConfigurer {
  /** As long as for an answer: many lanes that begin at once share the processors. */
  private static final Timeout HANDSHAKE = Timeout.ofSeconds(30);

  /** More than a connect, a handshake and the wait for an answer take that are all just in time. */
  private static final Duration LONGEST_CALL = Duration.ofSeconds(90);

  private TlsMaterial tls = new TlsMaterial();
  private Optional<String> token = Optional.empty();
  private int connections = 1;
  private Duration limit = LONGEST_CALL;

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

  /** A call that takes longer, to the end of its answer, is a failure. */
  void setLimit(Duration limit) {
    this.limit = limit;
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
        .addExecInterceptorFirst("whole-answer", new WholeAnswer(limit))
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
