package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Decides who may call the REST side: a client certificate of a user with the CPS role, or user
 * name and password, is enough.
 */
final class Credentials {
  private final byte[] basic;

  private Credentials(byte[] basic) {
    this.basic = basic;
  }

  static Credentials of(SimulatorOptions options) {
    byte[] pair = (options.username() + ":" + options.password()).getBytes(StandardCharsets.UTF_8);
    String basic = "Basic " + Base64.getEncoder().encodeToString(pair);
    return new Credentials(basic.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the answer to an unauthorized call; empty for an authorized one. */
  Optional<HttpAnswer> refuse(HttpExchange exchange) {
    Certificate[] shown = certificates(exchange);
    if (shown.length > 0) {
      return CpsRole.isHeldBy(shown) ? Optional.empty() : Optional.of(HttpAnswer.empty(403));
    }
    return knowsPassword(exchange)
        ? Optional.empty()
        : Optional.of(HttpAnswer.empty(401, "WWW-Authenticate", "Basic realm=\"ens\""));
  }

  private static Certificate[] certificates(HttpExchange exchange) {
    try {
      return ((HttpsExchange) exchange).getSSLSession().getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      return new Certificate[0];
    }
  }

  private boolean knowsPassword(HttpExchange exchange) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
        .map(shown -> shown.getBytes(StandardCharsets.UTF_8))
        .filter(shown -> MessageDigest.isEqual(shown, basic))
        .isPresent();
  }
}
