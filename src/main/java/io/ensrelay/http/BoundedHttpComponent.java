package io.ensrelay.http;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;

/**
 * Camel's {@code http} and {@code https} components with the bounds of {@link BoundedClient} for
 * every endpoint; neither endpoint options nor {@code httpClientConfigurer} can lift them. Accepts
 * host names with an underscore, which Docker Compose uses and Java's URI does not support.
 */
@Component("http,https")
public final class BoundedHttpComponent extends HttpComponent {
  private static final Pattern UNDERSCORE =
      Pattern.compile("^(https?):/*([A-Za-z0-9.-]*_[A-Za-z0-9._-]*(?::\\d+)?)(?=[/?]|$)");

  /** Allows a connection for each possible lane; its time-outs let a call end in time. */
  @SuppressWarnings("this-escape")
  public BoundedHttpComponent() {
    setMaxTotalConnections(256);
    setConnectionsPerRoute(256);
    setConnectTimeout(10_000);
    setSoTimeout(30_000);
    setResponseTimeout(30_000);
    setConnectionRequestTimeout(BoundedClient.LONGEST_CALL.toMillis());
  }

  /** Registers it under both names instead of Camel's own component. */
  public static void register(CamelContext camel) {
    camel.addComponent("http", new BoundedHttpComponent());
    camel.addComponent("https", new BoundedHttpComponent());
  }

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    Matcher host = UNDERSCORE.matcher(uri);
    Optional<FixedTarget> target = Optional.empty();
    String plainUri = uri;
    String plainRemaining = remaining;
    if (host.find()) {
      String authority = host.group(2);
      String plain = authority.replace('_', '-');
      target = Optional.of(FixedTarget.ofHost(host.group(1), authority));
      plainUri = uri.replace(authority, plain);
      plainRemaining = remaining.replace(authority, plain);
    }
    HttpEndpoint endpoint =
        (HttpEndpoint) super.createEndpoint(plainUri, plainRemaining, parameters);
    BodyOf2xx wanted = endpoint.isIgnoreResponseBody() ? BodyOf2xx.NONE : BodyOf2xx.WHOLE;
    // the body of an error answer is still needed: the dead letter shows it
    endpoint.setIgnoreResponseBody(false);
    BoundedClient.bound(
        endpoint.getClientBuilder(), BoundedClient.LONGEST_CALL, BoundedClient.BODY_BYTES, wanted);
    target.ifPresent(real -> real.take(endpoint.getClientBuilder()));
    return endpoint;
  }

  @Override
  @SuppressWarnings("deprecation") // Camel calls this one
  protected HttpClientConnectionManager createConnectionManager(
      Registry<ConnectionSocketFactory> registry,
      int maxTotalConnections,
      int connectionsPerRoute,
      SocketConfig sockets) {
    PoolingHttpClientConnectionManager connections =
        new PoolingHttpClientConnectionManager(
            new Network(new DefaultHttpClientConnectionOperator(registry, null, null)),
            PoolConcurrencyPolicy.STRICT,
            PoolReusePolicy.LIFO,
            TimeValue.ofMilliseconds(getConnectionTimeToLive()),
            BoundedClient.factory());
    connections.setMaxTotal(
        maxTotalConnections > 0 ? maxTotalConnections : getMaxTotalConnections());
    connections.setDefaultMaxPerRoute(
        connectionsPerRoute > 0 ? connectionsPerRoute : getConnectionsPerRoute());
    connections.setDefaultSocketConfig(sockets);
    return connections;
  }
}
