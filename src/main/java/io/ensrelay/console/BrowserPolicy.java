package io.ensrelay.console;

import java.util.Locale;
import java.util.Optional;

/**
 * Lets a browser do on a port only what the port's own page asks for. A page of another site, also
 * one whose name was made to point here (DNS rebinding), can neither read nor change anything.
 */
final class BrowserPolicy {
  private static final String OWN_HEADER = "X-Ens-Relay";

  private final AllowedHosts hosts;
  private final boolean isAnyName;

  /**
   * @param isAnyName whether a password protects the port, so that it may be called by any name
   *     that leads here
   */
  BrowserPolicy(AllowedHosts hosts, boolean isAnyName) {
    this.hosts = hosts;
    this.isAnyName = isAnyName;
  }

  /** Empty: the request is allowed. */
  Optional<Reply> refuse(Request request) {
    String called = request.header("Host").orElse("");
    // the name in an absolute address counts, whatever the header says
    String addressed = Optional.ofNullable(request.uri().getRawAuthority()).orElse(called);
    boolean isOurs = isAnyName || (hosts.isOurs(called) && hosts.isOurs(addressed));
    if (called.isEmpty() || !isOurs) {
      return Optional.of(
          Reply.error(421, "This relay is not called by that name: add it to ens.http.names"));
    }
    boolean other =
        request.all("Sec-Fetch-Site").stream()
            .anyMatch(site -> site.endsWith("-site")); // cross-site, same-site
    boolean foreign = request.all("Origin").stream().anyMatch(origin -> !isOwn(origin, called));
    return other || foreign
        ? Optional.of(Reply.error(403, "calls of other sites are refused"))
        : Optional.empty();
  }

  /** Whether the origin is this port, also behind a proxy that speaks TLS. */
  private static boolean isOwn(String origin, String called) {
    return origin.equalsIgnoreCase("http://" + called)
        || origin.equalsIgnoreCase("https://" + called);
  }

  /** A form of another page can send neither of these. */
  static Optional<Reply> refuseChange(Request request) {
    boolean json =
        request
            .header("Content-Type")
            .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("application/json"))
            .isPresent();
    return json && request.header(OWN_HEADER).isPresent()
        ? Optional.empty()
        : Optional.of(
            Reply.error(
                403, "a change needs Content-Type: application/json and " + OWN_HEADER + ": 1"));
  }
}
