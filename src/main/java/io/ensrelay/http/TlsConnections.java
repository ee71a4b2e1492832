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
 * The TLS of an HTTP client: with the certificates of the moment, the configured TLS versions, and
 * the server's host name verified. Threads: safe.
 */
public final class TlsConnections {
  private TlsConnections() {}

  /** Verifies hosts with an underscore too: Java compares no certificate with those. */
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
   * Explains failures of TLS in their messages. The JVM's failure is suppressed rather than the
   * cause, so that a search for the innermost reason finds the explanation.
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
