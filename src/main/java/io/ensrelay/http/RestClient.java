package io.ensrelay.http;

import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.util.Timeout;

/**
 * Configures camel-http for the REST side: certificates, credentials, proxy and time-outs.
 *
 * <p>Each call opens its own connection, so it uses the current certificates. It sends the Basic
 * credentials with the first request; they appear in no header of an exchange and in no endpoint
 * URI. The client follows no redirect, repeats no call and reads at most 1 MB; redirects and
 * retries are up to the route. Many threads may use it after its setters were called.
 */
public final class RestClient implements HttpClientConfigurer {
  private static final Timeout CONNECT = Timeout.ofSeconds(10);
  private static final int ANSWER_BYTES = 1 << 20;

  private final Timeout response;
  private final Duration whole;

  private final Proxy proxy = new Proxy();
  private TlsMaterial tls = new TlsMaterial();
  private Optional<String> username = Optional.empty();
  private Optional<String> password = Optional.empty();

  /** Waits up to 30 s for the next byte of an answer and up to a minute for its end. */
  public RestClient() {
    this(Duration.ofSeconds(30), Duration.ofMinutes(1));
  }

  /**
   * @param silence the longest time without a byte from the server, before and within its answer
   * @param whole the longest time for a whole call
   */
  public RestClient(Duration silence, Duration whole) {
    response = Timeout.of(silence);
    this.whole = whole;
  }

  public void setTls(TlsMaterial tls) {
    this.tls = tls;
  }

  /** Sets the user for Basic; blank: authenticates with the client certificate only. */
  public void setUsername(String username) {
    this.username = given(username);
  }

  public void setPassword(String password) {
    this.password = given(password);
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

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    BoundedClient.bound(client, whole, ANSWER_BYTES, false);
    client
        .setConnectionManager(connections())
        .setConnectionManagerShared(false)
        .setConnectionReuseStrategy((request, answer, context) -> false)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(CONNECT)
                .setResponseTimeout(response)
                .build())
        .disableRedirectHandling()
        .addExecInterceptorFirst("no-page", RestClient::refusePage)
        .addExecInterceptorFirst("tls-failure", TlsConnections.explaining(tls))
        .setUserAgent("ens-relay");
    proxy.take(client);
    username.ifPresent(
        name -> {
          String basic = "Basic " + base64(name + ":" + password.orElse(""));
          client.addRequestInterceptorFirst(
              (request, entity, context) -> request.setHeader(HttpHeaders.AUTHORIZATION, basic));
        });
  }

  private HttpClientConnectionManager connections() {
    return BoundedClient.connections()
        .setTlsSocketStrategy(TlsConnections.by(tls))
        .setDefaultConnectionConfig(
            ConnectionConfig.custom().setConnectTimeout(CONNECT).setSocketTimeout(response).build())
        .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(CONNECT).build())
        .build();
  }

  /**
   * A portal answers 200 with its login page; the JSON parser would report only a position in it.
   */
  private static ClassicHttpResponse refusePage(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    ClassicHttpResponse answer = chain.proceed(request, scope);
    boolean good = answer.getCode() < HttpStatus.SC_REDIRECTION && answer.getEntity() != null;
    if (good && beginning(answer.getEntity()).startsWith("<")) {
      throw new IOException(
          "The answer is an HTML page, not the event types: look at ens.api.url"
              + " and at any proxy or portal in between");
    }
    return answer;
  }

  private static String beginning(HttpEntity body) throws IOException {
    byte[] some = body.getContent().readNBytes(64);
    return new String(some, StandardCharsets.UTF_8).replace("\uFEFF", "").strip();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the credentials. */
  @Override
  public String toString() {
    return "RestClient[" + proxy + "]";
  }
}
