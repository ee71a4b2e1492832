package io.ensrelay.http;

import java.net.URI;
import java.util.Optional;
import org.apache.hc.client5.http.auth.AuthCache;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.impl.auth.BasicAuthCache;
import org.apache.hc.client5.http.impl.auth.BasicScheme;
import org.apache.hc.client5.http.impl.auth.CredentialsProviderBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHost;

/**
 * The proxy of an HTTP client and the credentials for it. Sends the credentials with the first
 * request, without waiting for the proxy to ask, and only to the proxy. Threads: one sets it up.
 */
public final class Proxy {
  private Optional<HttpHost> host = Optional.empty();
  private Optional<String> username = Optional.empty();
  private String password = "";

  /** Sets the URL, {@code http://host:port}; blank: no proxy. */
  public void setUrl(String url) {
    host = given(url).map(URI::create).map(HttpHost::create);
  }

  /** Sets the user for Basic; blank: no credentials. */
  public void setUsername(String username) {
    this.username = given(username);
  }

  public void setPassword(String password) {
    this.password = given(password).orElse("");
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Sends every request of the client through the proxy, if there is one. */
  public void take(HttpClientBuilder client) {
    host.ifPresent(
        proxy -> {
          client.setProxy(proxy);
          username.ifPresent(name -> tell(client, proxy, name));
        });
  }

  private void tell(HttpClientBuilder client, HttpHost proxy, String name) {
    UsernamePasswordCredentials known =
        new UsernamePasswordCredentials(name, password.toCharArray());
    client.setDefaultCredentialsProvider(
        CredentialsProviderBuilder.create().add(proxy, known).build());
    client.addExecInterceptorFirst(
        "proxy-credentials",
        (request, scope, chain) -> {
          BasicScheme basic = new BasicScheme();
          basic.initPreemptive(known);
          AuthCache cache = new BasicAuthCache();
          cache.put(proxy, basic);
          scope.clientContext.setAuthCache(cache);
          return chain.proceed(request, scope);
        });
  }

  /** Omits the credentials. */
  @Override
  public String toString() {
    return "proxy=" + host.map(HttpHost::toURI).orElse("");
  }
}
