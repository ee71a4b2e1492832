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
 * Decides who may call the REST side, and for which tenant: a client certificate of a user with the
 * CPS role, or user name and password, is enough.
 */
final class Credentials {
  private static final String BASIC = "Basic ";

  private final Tenants tenants;

  Credentials(Tenants tenants) {
    this.tenants = tenants;
  }

  /**
   * What a call shows.
   *
   * @param tenant the tenant it claims to be; empty: none
   * @param refusal the answer to an unauthorized call; empty for an authorized one
   */
  record Caller(Optional<SimulatedTenant> tenant, Optional<HttpAnswer> refusal) {
    String tenantName() {
      return tenant.map(SimulatedTenant::name).orElse("");
    }
  }

  /** With several tenants a wrong password is refused whatever the certificate. */
  Caller caller(HttpExchange exchange) {
    Certificate[] shown = certificates(exchange);
    boolean hasPassword = exchange.getRequestHeaders().containsKey("Authorization");
    return shown.length > 0 && !(tenants.areSeveral() && hasPassword)
        ? byCertificate(shown)
        : byPassword(userAndPassword(exchange));
  }

  private Caller byCertificate(Certificate[] shown) {
    Optional<SimulatedTenant> tenant = tenants.ofCertificate(shown);
    return new Caller(
        tenant,
        tenant.isPresent() && CpsRole.isHeldBy(shown)
            ? Optional.empty()
            : Optional.of(HttpAnswer.empty(403)));
  }

  private Caller byPassword(String pair) {
    int colon = Math.max(0, pair.indexOf(':'));
    Optional<SimulatedTenant> tenant = tenants.ofUser(pair.substring(0, colon));
    return new Caller(
        tenant,
        tenant.filter(claimed -> isPassword(claimed, pair.substring(colon))).isPresent()
            ? Optional.empty()
            : Optional.of(HttpAnswer.empty(401, "WWW-Authenticate", "Basic realm=\"ens\"")));
  }

  private static Certificate[] certificates(HttpExchange exchange) {
    try {
      return ((HttpsExchange) exchange).getSSLSession().getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      return new Certificate[0];
    }
  }

  private static boolean isPassword(SimulatedTenant tenant, String colonAndPassword) {
    return MessageDigest.isEqual(
        (":" + tenant.password()).getBytes(StandardCharsets.UTF_8),
        colonAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  private static String userAndPassword(HttpExchange exchange) {
    String shown = exchange.getRequestHeaders().getFirst("Authorization");
    if (shown == null || !shown.startsWith(BASIC)) {
      return "";
    }
    try {
      return new String(
          Base64.getDecoder().decode(shown.substring(BASIC.length())), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
