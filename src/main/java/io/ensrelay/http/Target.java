package io.ensrelay.http;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
import org.apache.hc.core5.net.InetAddressUtils;
import org.apache.hc.core5.net.URIAuthority;

/**
 * Where a request really goes, whatever its own address says: to this host, with this path and
 * query byte for byte. Neither Camel nor the HTTP client takes them apart.
 */
public final class Target {
  private static final Pattern URL = Pattern.compile("(?i)(https?)://([^/?#]*)([^#]*)(?:#.*)?");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]+))(?::(\\d{1,5}))?");

  private final HttpHost host;
  private final Optional<String> pathAndQuery;

  private Target(HttpHost host, Optional<String> pathAndQuery) {
    this.host = host;
    this.pathAndQuery = pathAndQuery;
  }

  /**
   * The path and the query are sent as they are, a fragment never is.
   *
   * @throws IllegalArgumentException when HTTP can't carry it; the message says what is wrong and
   *     does not hold the URL
   */
  public static Target of(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("is not an http or https URL");
    }
    if (parts.group(2).contains("@")) {
      throw new IllegalArgumentException("has credentials in it");
    }
    if (!url.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          "has a character that a URL can't have: white space or one beyond ASCII, to be"
              + " percent-encoded");
    }
    String rest = parts.group(3);
    return new Target(
        host(parts.group(1), parts.group(2)),
        Optional.of(rest.startsWith("/") ? rest : "/" + rest));
  }

  /** Only the host; path and query stay those of the request. */
  static Target ofHost(String scheme, String authority) {
    return new Target(host(scheme, authority), Optional.empty());
  }

  private static HttpHost host(String scheme, String authority) {
    Matcher host = AUTHORITY.matcher(authority);
    if (!host.matches() || (host.group(1) != null && !InetAddressUtils.isIPv6(host.group(1)))) {
      throw new IllegalArgumentException("has a malformed host");
    }
    int port = host.group(3) == null ? -1 : Integer.parseInt(host.group(3));
    if (port == 0 || port > 65535) {
      throw new IllegalArgumentException("the port is not a number from 1 to 65535");
    }
    String name = host.group(1) == null ? host.group(2) : host.group(1);
    return new HttpHost(scheme.toLowerCase(Locale.ROOT), name, port);
  }

  /** Sends every request of the client here; through its proxy where it has one. */
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
    // the original too: by it a failure says where it went
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

  /** Scheme, name (an IPv6 address without brackets) and port, which is -1 where none is given. */
  public HttpHost host() {
    return host;
  }

  /** After everybody else, who would take it apart. */
  private void send(HttpRequest request, RouteInfo route) {
    boolean absolute = route.getProxyHost() != null && !route.isTunnelled();
    if (request instanceof BasicHttpRequest line) {
      line.setAbsoluteRequestUri(false);
    }
    request.setPath((absolute ? host.toURI() : "") + pathAndQuery.orElse("/"));
  }

  /** Scheme, host and port. */
  @Override
  public String toString() {
    return host.toURI();
  }
}
