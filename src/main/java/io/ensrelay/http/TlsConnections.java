package io.ensrelay.http;

import io.ensrelay.tls.TlsFailure;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;

/**
 * TLS for an HTTP client: uses the current certificates and the configured TLS versions, and
 * verifies the server's host name. Threads: safe.
 */
public final class TlsConnections {
  private TlsConnections() {}

  /** Also verifies host names with an underscore, for which Java's own check always fails. */
  public static TlsSocketStrategy by(TlsMaterial tls) {
    return (socket, host, port, attachment, call) ->
        new DefaultClientTlsStrategy(
                tls.context(),
                tls.protocols(),
                null,
                SSLBufferMode.STATIC,
                host.contains("_")
                    ? HostnameVerificationPolicy.CLIENT
                    : HostnameVerificationPolicy.BOTH,
                new DefaultHostnameVerifier())
            .upgrade(socket, host, port, attachment, call);
  }

  /**
   * Replaces TLS failures by ones whose message explains them. The JVM's exception is suppressed,
   * not the cause, so that a search for the innermost cause finds the explanation.
   */
  static ExecChainHandler explaining(TlsMaterial tls) {
    return (request, scope, chain) -> {
      try {
        return chain.proceed(request, scope);
      } catch (IOException e) {
        Optional<TlsFailure> failure = tls.explain(e);
        if (failure.isEmpty()) {
          throw e;
        }
        SSLException explained = new SSLHandshakeException(failure.get().text());
        explained.addSuppressed(e);
        throw explained;
      }
    };
  }
}
