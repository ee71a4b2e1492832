package io.ensrelay.http;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;

/**
 * The proof of the sender for an endpoint: one of a bearer token, a user with a password (Basic),
 * an API key in a header, and OAuth 2 client credentials. The values appear in no message. Threads:
 * one sets it up.
 */
final class Credentials {
  private static final Pattern WORD = Pattern.compile("[!-~]+");
  private static final Pattern WORDS = Pattern.compile("[ -~]+");

  private final Map<String, String> given = new LinkedHashMap<>();

  /** By the name of a value: the word before it in the header Authorization. */
  private final Map<String, String> schemes = new HashMap<>(Map.of("token", "Bearer"));

  /** Sets a value by the name of its key; blank: none. */
  void set(String name, String value) {
    if (value == null || value.isBlank()) {
      given.remove(name);
    } else {
      given.put(name, value);
    }
  }

  /** Sends a value as {@code Authorization: <scheme> <value>}. */
  void setScheme(String name, String scheme) {
    schemes.put(name, scheme);
  }

  /**
   * @param prefix of the keys that the message names
   * @throws ConfigurationException for two kinds of credentials at once, for a part of one, or for
   *     one that no header can carry
   */
  void check(String prefix) {
    List<String> kinds =
        List.of("token", "username", "api-key", "oauth2-token-url").stream()
            .filter(given::containsKey)
            .toList();
    if (kinds.size() > 1) {
      throw new ConfigurationException(
          prefix + "." + kinds.get(0),
          "only one kind of credentials can be sent, and "
              + prefix
              + "."
              + kinds.get(1)
              + " is set too",
          "take one of them out");
    }
    together(prefix, "username", "password");
    if (!schemes.containsKey("api-key")) {
      together(prefix, "api-key", "api-key-header");
    }
    together(prefix, "oauth2-token-url", "oauth2-client-id", "oauth2-client-secret");
    if (given.containsKey("oauth2-scope")) {
      together(prefix, "oauth2-scope", "oauth2-token-url");
    }
    fits(prefix, "token", WORD);
    fits(prefix, "api-key-header", WORD);
    fits(prefix, "api-key", WORDS);
  }

  private void fits(String prefix, String name, Pattern pattern) {
    if (value(name).filter(value -> !pattern.matcher(value).matches()).isPresent()) {
      throw new ConfigurationException(
          prefix + "." + name,
          "can't be part of an HTTP header",
          "give ASCII letters, digits and signs");
    }
  }

  private void together(String prefix, String... names) {
    List<String> all = List.of(names);
    List<String> missing = all.stream().filter(name -> !given.containsKey(name)).toList();
    if (!missing.isEmpty() && missing.size() < all.size()) {
      String there = all.stream().filter(given::containsKey).findFirst().orElseThrow();
      throw new ConfigurationException(
          prefix + "." + missing.get(0),
          "missing, but " + prefix + "." + there + " is set",
          "set both or neither");
    }
  }

  /**
   * Lets each request of the client prove who sends it.
   *
   * @param tokens makes the client for an OAuth 2 token endpoint; unused without one
   */
  void take(HttpClientBuilder client, Supplier<CloseableHttpClient> tokens) {
    schemes.forEach(
        (name, scheme) ->
            value(name).ifPresent(secret -> authorization(client, scheme + " " + secret)));
    takeBasic(client);
    value("api-key-header").ifPresent(name -> header(client, name, value("api-key").orElseThrow()));
    if (given.containsKey("oauth2-token-url")) {
      AccessTokens access =
          new AccessTokens(
              tokens.get(),
              value("oauth2-client-id").orElseThrow(),
              value("oauth2-client-secret").orElseThrow(),
              value("oauth2-scope"),
              System::nanoTime);
      client.addExecInterceptorFirst(
          "access-token", (request, scope, chain) -> authorized(access, request, scope, chain));
    }
  }

  /** Sends the user and the password, if there are any. */
  void takeBasic(HttpClientBuilder client) {
    value("username")
        .ifPresent(
            user ->
                authorization(
                    client, "Basic " + base64(user + ":" + value("password").orElse(""))));
  }

  private static void authorization(HttpClientBuilder client, String value) {
    header(client, HttpHeaders.AUTHORIZATION, value);
  }

  Optional<String> value(String name) {
    return Optional.ofNullable(given.get(name));
  }

  /** A 401 may mean that the token was revoked: one more try with another token. */
  private static ClassicHttpResponse authorized(
      AccessTokens access, ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Header[] headers = request.getHeaders();
    String token = access.token();
    request.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
    ClassicHttpResponse answer = chain.proceed(request, scope);
    boolean isRepeatable = request.getEntity() == null || request.getEntity().isRepeatable();
    if (answer.getCode() != HttpStatus.SC_UNAUTHORIZED || !isRepeatable) {
      return answer;
    }
    access.refused(token);
    scope.execRuntime.discardEndpoint();
    request.setHeaders(headers);
    request.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + access.token());
    return chain.proceed(request, scope);
  }

  private static void header(HttpClientBuilder client, String name, String value) {
    client.addRequestInterceptorFirst((request, entity, context) -> request.setHeader(name, value));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
