package io.ensrelay.http;

import io.ensrelay.base.ConfigurationException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
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
public final class WebhookClient extends ClientSettings {
  /** As long as the wait for an answer: many lanes that start at once share the processors. */
  private static final Timeout HANDSHAKE = Timeout.ofSeconds(30);

  private static final Timeout SILENCE = Timeout.ofSeconds(30);

  /** For a call of the token endpoint. */
  private static final Duration LONGEST_TOKEN = Duration.ofSeconds(30);

  private String prefix = "webhook";
  private Optional<String> url = Optional.empty();
  private Optional<String> secret = Optional.empty();
  private int connections = 256;

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** Sets the URL of every request; blank: the URI of the endpoint. */
  public void setUrl(String url) {
    this.url = given(url);
  }

  /** Sets the token for {@code Authorization: Bearer}; blank: none. */
  public void setToken(String token) {
    credentials().set("token", token);
  }

  /**
   * Sends a secret as {@code Authorization: <scheme> <value>}.
   *
   * @param key of the secret, for messages: token or api-key
   * @param value blank: none
   */
  public void authorize(String key, String scheme, String value) {
    credentials().set(key, value);
    credentials().setScheme(key, scheme);
  }

  /** Sets the name of the header that carries the API key. */
  public void setApiKeyHeader(String name) {
    credentials().set("api-key-header", name);
  }

  public void setApiKey(String key) {
    credentials().set("api-key", key);
  }

  /** Sets the URL that gives access tokens (OAuth 2, client credentials); blank: none. */
  public void setOauth2TokenUrl(String url) {
    credentials().set("oauth2-token-url", url);
  }

  public void setOauth2ClientId(String id) {
    credentials().set("oauth2-client-id", id);
  }

  public void setOauth2ClientSecret(String secret) {
    credentials().set("oauth2-client-secret", secret);
  }

  /** Sets the scope to ask the token endpoint for; blank: none. */
  public void setOauth2Scope(String scope) {
    credentials().set("oauth2-scope", scope);
  }

  /**
   * Sets the secrets to sign with by Standard Webhooks, {@code whsec_...}, separated by commas;
   * blank: no signature.
   */
  public void setSecret(String secrets) {
    secret = given(secrets);
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
    configure(client, "");
  }

  /**
   * The same for a path below the URL.
   *
   * @param path byte for byte; a query may follow it
   */
  void configure(HttpClientBuilder client, String path) {
    credentials().check(prefix);
    Optional<WebhookSignature> signature = secret.map(this::signature);
    connect(client, connections, SILENCE, HANDSHAKE);
    url.map(text -> path.isEmpty() ? text : text.replaceFirst("/+$", "") + path)
        .ifPresent(text -> target("url", text).take(client));
    credentials().take(client, this::tokenClient);
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

  /** With the certificates and the proxy of the endpoint; keeps no connection open. */
  CloseableHttpClient tokenClient() {
    HttpClientBuilder client =
        HttpClientBuilder.create()
            .setUserAgent(AGENT)
            .setConnectionReuseStrategy((request, answer, context) -> false);
    BoundedClient.bound(client, LONGEST_TOKEN, AccessTokens.ANSWER_BYTES, BodyOf2xx.WHOLE);
    connect(client, connections, SILENCE, HANDSHAKE);
    target("oauth2-token-url", credentials().value("oauth2-token-url").orElseThrow()).take(client);
    return client.build();
  }

  private FixedTarget target(String key, String text) {
    try {
      return FixedTarget.of(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          prefix + "." + key, e.getMessage(), "give https://host/... or http://host/...");
    }
  }

  /** Returns scheme, host and port of the URL; empty: it has none. */
  Optional<String> address() {
    return url.map(text -> target("url", text).toString());
  }

  /** Returns the prefix of the keys that messages name. */
  String prefix() {
    return prefix;
  }
}
