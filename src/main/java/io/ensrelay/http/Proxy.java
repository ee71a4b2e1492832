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
 * The proxy of a client, and who the client is there. The credentials are sent at once, not only
 * when the proxy asks, and to nobody else. Set up by one thread.
 */
public final class Proxy {
  private Optional<HttpHost> host = Optional.empty();
  private Optional<String> username = Optional.empty();
  private String password = "";

  /** As {@code http://host:port}; blank: none. */
  public void setUrl(String url) {
    host = given(url).map(URI::create).map(HttpHost::create);
  }

  /** For Basic; blank: the proxy wants nobody's. */
  public void setUsername(String username) {
    this.username = given(username);
  }

  public void setPassword(String password) {
    this.password = given(password).orElse("");
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Sends every request of the client through it; without effect when there is none. */
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

  /** Without the credentials. */
  @Override
  public String toString() {
    return "proxy=" + host.map(HttpHost::toURI).orElse("");
  }
}
