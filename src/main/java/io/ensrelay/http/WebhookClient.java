package io.ensrelay.http;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.tls.TlsMaterial;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.util.Timeout;

/**
 * Configures an HTTP client for a user's endpoint: URL, certificates, credentials, signature,
 * proxy, connections. It serves camel-http and {@link HttpSender}.
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

  private static final Timeout CONNECT = Timeout.ofSeconds(10);
  private static final Timeout SILENCE = Timeout.ofSeconds(30);

  /** For a call of the token endpoint. */
  private static final Duration LONGEST_TOKEN = Duration.ofSeconds(30);

  private final Proxy proxy = new Proxy();
  private final Credentials credentials = new Credentials();
  private String prefix = "webhook";
  private TlsMaterial tls = new TlsMaterial();
  private Optional<String> url = Optional.empty();
  private Optional<String> secret = Optional.empty();
  private int connections = 256;

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /** Sets the URL of every request; blank: the URI of the endpoint. */
  public void setUrl(String url) {
    this.url = given(url);
  }

  /** Sets the token for {@code Authorization: Bearer}; blank: none. */
  public void setToken(String token) {
    credentials.set("token", token);
  }

  /** Sets the user for Basic at the endpoint; blank: none. */
  public void setUsername(String username) {
    credentials.set("username", username);
  }

  public void setPassword(String password) {
    credentials.set("password", password);
  }

  /** Sets the name of the header that carries the API key. */
  public void setApiKeyHeader(String name) {
    credentials.set("api-key-header", name);
  }

  public void setApiKey(String key) {
    credentials.set("api-key", key);
  }

  /** Sets the URL that gives access tokens (OAuth 2, client credentials); blank: none. */
  public void setOauth2TokenUrl(String url) {
    credentials.set("oauth2-token-url", url);
  }

  public void setOauth2ClientId(String id) {
    credentials.set("oauth2-client-id", id);
  }

  public void setOauth2ClientSecret(String secret) {
    credentials.set("oauth2-client-secret", secret);
  }

  /** Sets the scope to ask the token endpoint for; blank: none. */
  public void setOauth2Scope(String scope) {
    credentials.set("oauth2-scope", scope);
  }

  /**
   * Sets the secrets to sign with by Standard Webhooks, {@code whsec_...}, separated by commas;
   * blank: no signature.
   */
  public void setSecret(String secrets) {
    secret = given(secrets);
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
   * @throws ConfigurationException for a URL that HTTP can't carry, several kinds of credentials at
   *     once, a part of one, or a malformed secret; the message contains none of them
   */
  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    credentials.check(prefix);
    Optional<WebhookSignature> signature = secret.map(this::signature);
    secure(client, connections());
    proxy.take(client);
    target().ifPresent(real -> real.take(client));
    credentials.take(client, this::tokenClient);
    signature.ifPresent(client::addRequestInterceptorFirst);
  }

  private WebhookSignature signature(String secrets) {
    try {
      return new WebhookSignature(secrets, Clock.systemUTC());
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          prefix + ".secret",
          e.getMessage(),
          "give whsec_ and base64 of 24 to 64 bytes; several are separated by commas");
    }
  }

  private PoolingHttpClientConnectionManagerBuilder connections() {
    return BoundedClient.connections()
        .setTlsSocketStrategy(TlsConnections.by(tls))
        .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(HANDSHAKE).build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom().setConnectTimeout(CONNECT).setSocketTimeout(SILENCE).build())
        .setMaxConnPerRoute(connections)
        .setMaxConnTotal(connections);
  }

  private void secure(
      HttpClientBuilder client, PoolingHttpClientConnectionManagerBuilder connections) {
    client
        .setConnectionManager(connections.build())
        .setConnectionManagerShared(false)
        .addExecInterceptorFirst("tls-failure", TlsConnections.explaining(tls))
        // otherwise the client never reuses a connection with a client certificate
        .disableConnectionState()
        .disableRedirectHandling();
  }

  /** With the certificates and the proxy of the endpoint; keeps no connection open. */
  CloseableHttpClient tokenClient() {
    HttpClientBuilder client =
        HttpClientBuilder.create()
            .setUserAgent(HttpSender.AGENT)
            .setConnectionReuseStrategy((request, answer, context) -> false);
    secure(client, connections());
    BoundedClient.bound(client, LONGEST_TOKEN, AccessTokens.ANSWER_BYTES, false);
    proxy.take(client);
    target("oauth2-token-url", credentials.value("oauth2-token-url").orElseThrow()).take(client);
    return client.build();
  }

  private Optional<FixedTarget> target() {
    return url.map(text -> target("url", text));
  }

  private FixedTarget target(String key, String text) {
    try {
      return FixedTarget.of(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          prefix + "." + key, e.getMessage(), "give https://host/path or http://host/path");
    }
  }

  /** Returns scheme, host and port of the URL; empty: it has none. */
  Optional<String> address() {
    return target().map(FixedTarget::toString);
  }

  /** Returns the prefix of the keys that messages name. */
  String prefix() {
    return prefix;
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the secrets. */
  @Override
  public String toString() {
    return "WebhookClient[" + prefix + ", " + tls + "]";
  }
}
