package io.ensrelay.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may call: a browser only from the console's own page, and, where there is a password, only
 * who knows it. A page of another site, also one whose name was made to point here (DNS rebinding),
 * can neither read nor change anything.
 */
final class Guard {
  private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String OWN_HEADER = "X-Ens-Relay";

  private final String host;
  private final Optional<String> password;

  /**
   * @param host what the server listens on
   */
  Guard(String host, Optional<String> password) {
    this.host = host.toLowerCase(Locale.ROOT);
    this.password = password;
  }

  /** Empty: let it in. */
  Optional<Reply> refuse(HttpExchange exchange) {
    Headers headers = exchange.getRequestHeaders();
    String called = headers.getFirst("Host");
    if (called == null || !isOurs(called)) {
      return Optional.of(Reply.error(421, "this is not the host that was called"));
    }
    String origin = headers.getFirst("Origin");
    if (origin != null
        && !origin.equalsIgnoreCase("http://" + called)
        && !isSecure(origin, called)) {
      return Optional.of(Reply.error(403, "calls of other sites are refused"));
    }
    if (password.isPresent() && !knowsPassword(headers.getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"ens-relay\"");
      return Optional.of(Reply.error(401, "the password is that of ens.http.password"));
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      String type = headers.getFirst("Content-Type");
      boolean json = type != null && type.toLowerCase(Locale.ROOT).startsWith("application/json");
      if (!json || headers.getFirst(OWN_HEADER) == null) {
        return Optional.of(
            Reply.error(
                403, "a change needs Content-Type: application/json and " + OWN_HEADER + ": 1"));
      }
    }
    return Optional.empty();
  }

  /** Behind a proxy that speaks TLS. */
  private static boolean isSecure(String origin, String called) {
    return origin.equalsIgnoreCase("https://" + called);
  }

  /** Where a password protects it, it may be called by any name that leads here. */
  private boolean isOurs(String called) {
    String name = called.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    return password.isPresent() || HERE.contains(name) || name.equals(host);
  }

  private boolean knowsPassword(String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
      return false;
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(authorization.substring(6).strip()),
              StandardCharsets.UTF_8);
      byte[] given = pair.substring(pair.indexOf(':') + 1).getBytes(StandardCharsets.UTF_8);
      return MessageDigest.isEqual(given, password.get().getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
