package io.ensrelay.http;

import io.ensrelay.base.WebAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.RouteInfo;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.net.URIAuthority;

/**
 * Sends each request to a fixed host, path and query, byte for byte, regardless of the request's
 * own address. Neither Camel nor the HTTP client parses the path and query. Immutable.
 */
public final class FixedTarget {
  private final HttpHost host;
  private final Optional<String> pathAndQuery;

  private FixedTarget(HttpHost host, Optional<String> pathAndQuery) {
    this.host = host;
    this.pathAndQuery = pathAndQuery;
  }

  /**
   * Returns the target of a URL: path and query unchanged, without the fragment.
   *
   * @throws IllegalArgumentException if HTTP can't carry the URL; the message gives the reason
   *     without the URL
   */
  public static FixedTarget of(String url) {
    WebAddress address = WebAddress.of(url);
    return new FixedTarget(host(address), Optional.of(address.pathAndQuery()));
  }

  /** Returns a target that replaces only the host; path and query stay those of the request. */
  static FixedTarget ofHost(String scheme, String authority) {
    return new FixedTarget(host(WebAddress.of(scheme, authority, "/")), Optional.empty());
  }

  private static HttpHost host(WebAddress address) {
    return new HttpHost(address.scheme(), address.host(), address.port());
  }

  /** Sends every request of the client to this target, through the client's proxy if it has one. */
  public void take(HttpClientBuilder client) {
    client.addExecInterceptorFirst("target", this::redirect);
    if (pathAndQuery.isPresent()) {
      client.addRequestInterceptorLast(
          (request, entity, context) ->
              send(request, HttpClientContext.cast(context).getHttpRoute()));
    }
  }

  private ClassicHttpResponse redirect(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    // the original too: an error message shows its address
    for (ClassicHttpRequest each : List.of(request, scope.originalRequest)) {
      each.setScheme(host.getSchemeName());
      each.setAuthority(new URIAuthority(host));
    }
    HttpHost real = RoutingSupport.normalize(host, DefaultSchemePortResolver.INSTANCE);
    HttpHost proxy = scope.route.getProxyHost();
    InetAddress local = scope.route.getLocalAddress();
    boolean secure = URIScheme.HTTPS.same(host.getSchemeName());
    return chain.proceed(
        request,
        new ExecChain.Scope(
            scope.exchangeId,
            proxy == null
                ? new HttpRoute(real, local, secure)
                : new HttpRoute(real, local, proxy, secure),
            scope.originalRequest,
            scope.execRuntime,
            scope.clientContext));
  }

  /** Runs last, because any other interceptor would parse the path. */
  private void send(HttpRequest request, RouteInfo route) {
    boolean absolute = route.getProxyHost() != null && !route.isTunnelled();
    if (request instanceof BasicHttpRequest line) {
      line.setAbsoluteRequestUri(false);
    }
    request.setPath((absolute ? host.toURI() : "") + pathAndQuery.orElse("/"));
  }

  /** Returns scheme, host and port only. */
  @Override
  public String toString() {
    return host.toURI();
  }
}
