package io.ensrelay.console;

import io.ensrelay.base.Printable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides who may use the console: callers with the token, by {@code Authorization: Bearer} or by
 * the cookie of a page that was opened with it, and callers with {@code ens.http.password}, if it
 * is set.
 *
 * <p>Token and cookie can't be guessed and are always checked. Passwords can be guessed and must
 * wait after failures, so that a flood of guesses does not lock out callers with the token.
 * Threads: safe.
 */
final class Access {
  private static final String COOKIE = "ens-relay-";
  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  private final String token;
  private final Optional<String> password;
  private final FailedLogins failures;

  /** A secret other than the token: a browser shows it to every port of this host. */
  private final String session = TokenFile.random();

  Access(String token, Optional<String> password, FailedLogins failures) {
    this.token = token;
    this.password = password;
    this.failures = failures;
  }

  boolean hasPassword() {
    return password.isPresent();
  }

  /** The caller, for the log; empty: unknown. */
  Optional<String> caller(Request request) {
    String given = request.header("Authorization").orElse("");
    if (begins(given, BEARER) && isSame(given.substring(BEARER.length()).strip(), token)) {
      return Optional.of("with the token");
    }
    if (hasSession(request)) {
      return Optional.of("on the page");
    }
    return begins(given, BASIC) ? withPassword(given) : Optional.empty();
  }

  private Optional<String> withPassword(String given) {
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(given.substring(BASIC.length()).strip()),
              StandardCharsets.UTF_8);
      String user = pair.substring(0, Math.max(0, pair.indexOf(':')));
      String secret = pair.substring(pair.indexOf(':') + 1);
      return password
          .filter(right -> isSame(secret, right))
          .map(
              right -> "with the password" + (user.isBlank() ? "" : " as " + Printable.line(user)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Refuses a request; empty: it may enter. */
  Optional<Reply> refuse(Request request) {
    boolean claims = request.all("Authorization").stream().anyMatch(given -> !given.isBlank());
    boolean guess =
        claims && !begins(request.header("Authorization").orElse(""), BEARER) && hasPassword();
    Optional<Long> pause = failures.pause(request.from());
    if (guess && pause.isPresent() && !hasSession(request)) {
      return Optional.of(slowed(pause.get()));
    }
    if (caller(request).isPresent()) {
      if (guess) {
        failures.succeeded(request.from());
      }
      return Optional.empty();
    }
    if (!claims) {
      return Optional.of(unknown());
    }
    if (pause.isPresent()) {
      return Optional.of(slowed(pause.get()));
    }
    failures.failed(request.from(), guess ? "a wrong password" : "a wrong token");
    return Optional.of(unknown());
  }

  /**
   * Answers a token that was typed or is part of the address with a cookie, or with the reason for
   * none.
   *
   * @param secured whether the page is there over TLS only
   * @return with 303 when it is right
   */
  Reply login(Request request, String given, boolean secured, String next) {
    if (isSame(given.strip(), token)) {
      return new Reply(303, "text/plain", new byte[0])
          .with("Location", next)
          .with(
              "Set-Cookie",
              cookie(request)
                  + "="
                  + session
                  + "; Path=/; HttpOnly; SameSite=Strict"
                  + (secured ? "; Secure" : ""));
    }
    Optional<Long> pause = failures.pause(request.from());
    if (pause.isPresent()) {
      return slowed(pause.get());
    }
    failures.failed(request.from(), "a wrong token");
    return Reply.error(401, "that is not the token");
  }

  private Reply unknown() {
    return hasPassword()
        ? Reply.error(401, "the password is that of ens.http.password")
            .with("WWW-Authenticate", "Basic realm=\"ens-relay\", charset=\"UTF-8\"")
        : Reply.error(401, "the token is in the file console.token of the data directory")
            .with("WWW-Authenticate", "Bearer realm=\"ens-relay\"");
  }

  private static Reply slowed(long seconds) {
    return Reply.error(429, "too many failed logins: wait " + seconds + " s")
        .with("Retry-After", Long.toString(seconds));
  }

  private boolean hasSession(Request request) {
    String right = cookie(request) + "=" + session;
    return request.all("Cookie").stream()
        .flatMap(header -> Stream.of(header.split(";")))
        .anyMatch(pair -> isSame(pair.strip(), right));
  }

  /** Browsers do not tell the ports of a host apart. */
  private static String cookie(Request request) {
    return COOKIE + request.port();
  }

  private static boolean begins(String header, String scheme) {
    return header.regionMatches(true, 0, scheme, 0, scheme.length());
  }

  /** Compares in a time that tells nothing. */
  private static boolean isSame(String given, String right) {
    return MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
  }
}
