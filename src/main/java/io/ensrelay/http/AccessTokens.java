package io.ensrelay.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.entity.UrlEncodedFormEntity;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.NameValuePair;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicNameValuePair;

/**
 * Access tokens by the client credentials grant of OAuth 2 (RFC 6749, 4.4). Keeps a token until
 * shortly before it expires or until the endpoint has refused it.
 *
 * <p>Sends the client's credentials by Basic, which every server must accept, and in the body to a
 * server that refuses that. Threads: safe; one asks, the others wait for its result. Errors: an
 * answer 5xx, 408 or 429, or none, is an {@link IOException}; any other answer but a token is a
 * {@link TokenRefusedException}.
 */
final class AccessTokens {
  /** The lifetime of a token whose server does not name one. */
  private static final Duration UNNAMED = Duration.ofMinutes(5);

  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Duration SPARE = Duration.ofMinutes(1);
  private static final int SPARE_SHARE = 10;
  static final int ANSWER_BYTES = 64 << 10;
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1,16384}");
  private static final Pattern ERROR = Pattern.compile("[a-z_]{1,40}");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CloseableHttpClient client;
  private final String clientId;
  private final String clientSecret;
  private final Optional<String> scope;
  private final LongSupplier nanoTime;

  private Optional<Token> current = Optional.empty();
  private boolean credentialsInBody;
  private long failedAt;
  private Optional<IOException> failure = Optional.empty();

  private record Token(String text, long until) {}

  /** The answer of the token endpoint. */
  private record Reply(int status, String body) {
    boolean passes() {
      return status >= HttpStatus.SC_SERVER_ERROR
          || status == HttpStatus.SC_REQUEST_TIMEOUT
          || status == HttpStatus.SC_TOO_MANY_REQUESTS;
    }

    boolean refusesClient() {
      return status == HttpStatus.SC_BAD_REQUEST || status == HttpStatus.SC_UNAUTHORIZED;
    }
  }

  /**
   * @param client sends to the token endpoint, whatever the address of the request
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  AccessTokens(
      CloseableHttpClient client,
      String clientId,
      String clientSecret,
      Optional<String> scope,
      LongSupplier nanoTime) {
    this.client = client;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
    this.scope = scope;
    this.nanoTime = nanoTime;
  }

  /** Returns a token that is still valid for a while. */
  String token() throws IOException {
    long asked = nanoTime.getAsLong();
    synchronized (this) {
      if (current.isPresent() && nanoTime.getAsLong() - current.get().until() < 0) {
        return current.get().text();
      }
      if (failure.isPresent() && failedAt - asked > 0) {
        // failed while this thread waited: the same again would end the same
        throw again(failure.get());
      }
      try {
        Token token = fetch();
        current = Optional.of(token);
        failure = Optional.empty();
        return token.text();
      } catch (IOException e) {
        failure = Optional.of(e);
        failedAt = nanoTime.getAsLong();
        throw e;
      }
    }
  }

  /** Forgets a token that the endpoint refused, unless there is another one by now. */
  synchronized void refused(String token) {
    current = current.filter(kept -> !kept.text().equals(token));
  }

  private static IOException again(IOException failure) {
    return failure instanceof TokenRefusedException
        ? new TokenRefusedException(failure.getMessage())
        : new IOException(failure.getMessage(), failure);
  }

  private Token fetch() throws IOException {
    long asked = nanoTime.getAsLong();
    Reply reply = ask();
    if (reply.refusesClient()) {
      credentialsInBody = !credentialsInBody;
      Reply other = ask();
      if (other.status() != HttpStatus.SC_OK) {
        credentialsInBody = !credentialsInBody;
      }
      reply = other.refusesClient() ? reply : other;
    }
    if (reply.passes()) {
      throw new IOException("the token endpoint answered HTTP " + reply.status());
    }
    return token(reply, asked);
  }

  private static Token token(Reply reply, long asked) throws IOException {
    JsonNode answer = json(reply);
    String token = answer.path("access_token").asText("");
    if (reply.status() != HttpStatus.SC_OK || !TOKEN.matcher(token).matches()) {
      String error = answer.path("error").asText("");
      String what = ERROR.matcher(error).matches() ? " " + error : "";
      throw new TokenRefusedException(
          "the token endpoint gives no token: HTTP " + reply.status() + what);
    }
    long seconds = answer.path("expires_in").asLong(UNNAMED.toSeconds());
    Duration lifetime = Duration.ofSeconds(Math.max(0, Math.min(seconds, LONGEST.toSeconds())));
    Duration share = lifetime.dividedBy(SPARE_SHARE);
    Duration spare = share.compareTo(SPARE) < 0 ? share : SPARE;
    return new Token(token, asked + lifetime.minus(spare).toNanos());
  }

  private static JsonNode json(Reply reply) {
    try {
      JsonNode answer = JSON.readTree(reply.body());
      return answer == null ? MissingNode.getInstance() : answer;
    } catch (JsonProcessingException e) {
      // its message would show the answer
      return MissingNode.getInstance();
    }
  }

  private Reply ask() throws IOException {
    List<NameValuePair> form = new ArrayList<>();
    form.add(new BasicNameValuePair("grant_type", "client_credentials"));
    scope.ifPresent(value -> form.add(new BasicNameValuePair("scope", value)));
    HttpPost request = new HttpPost("http://token/");
    if (credentialsInBody) {
      form.add(new BasicNameValuePair("client_id", clientId));
      form.add(new BasicNameValuePair("client_secret", clientSecret));
    } else {
      String pair = encoded(clientId) + ":" + encoded(clientSecret);
      request.setHeader(
          HttpHeaders.AUTHORIZATION,
          "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
    }
    request.setHeader(HttpHeaders.ACCEPT, "application/json");
    request.setEntity(new UrlEncodedFormEntity(form, StandardCharsets.UTF_8));
    return client.execute(request, AccessTokens::reply);
  }

  private static Reply reply(ClassicHttpResponse answer) throws IOException {
    if (answer.getEntity() == null) {
      return new Reply(answer.getCode(), "");
    }
    try {
      return new Reply(
          answer.getCode(),
          EntityUtils.toString(answer.getEntity(), StandardCharsets.UTF_8, ANSWER_BYTES));
    } catch (ParseException e) {
      return new Reply(answer.getCode(), "");
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
