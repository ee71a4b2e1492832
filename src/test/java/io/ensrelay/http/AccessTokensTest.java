package io.ensrelay.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OAuth 2 client credentials, with a token endpoint and an endpoint that wants its tokens. */
class AccessTokensTest {
  private final Queue<String> answers = new ConcurrentLinkedQueue<>();
  private final List<String> tokenCalls = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final Set<String> revoked = new HashSet<>();
  private final AtomicInteger issued = new AtomicInteger();
  private final AtomicLong now = new AtomicLong();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private boolean wantsBody;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/token", this::token);
    server.createContext("/events", this::event);
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void asksOnceForManyEventsAndTellsTheClientByBasic() throws Exception {
    try (HttpSender sender = sender("events.write read")) {
      List<Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        sent.add(
            threads.submit(
                () -> {
                  post(sender);
                  return null;
                }));
      }
      for (Future<?> each : sent) {
        each.get(30, TimeUnit.SECONDS);
      }
    }

    assertEquals(
        List.of(
            "Basic cmVsYXklM0ExOnMlMkZjcmV0 grant_type=client_credentials"
                + "&scope=events.write+read"),
        tokenCalls);
    assertEquals(20, authorizations.size());
    assertEquals(Set.of("Bearer token-1"), Set.copyOf(authorizations));
  }

  @Test
  void tellsTheClientInTheBodyIfTheServerWantsThatAndRemembersIt() throws Exception {
    wantsBody = true;
    try (HttpSender sender = sender("")) {
      post(sender);
      revoked.add("Bearer token-1");
      post(sender);
    }

    assertEquals(3, tokenCalls.size(), tokenCalls::toString);
    String body = "null grant_type=client_credentials&client_id=relay%3A1&client_secret=s%2Fcret";
    assertEquals(List.of(body, body), tokenCalls.subList(1, 3));
  }

  @Test
  void getsAnotherTokenAfterA401AndSendsTheEventAgain() throws Exception {
    try (HttpSender sender = sender("")) {
      post(sender);
      revoked.add("Bearer token-1");
      post(sender);
    }

    assertEquals(List.of("Bearer token-1", "Bearer token-1", "Bearer token-2"), authorizations);
  }

  @Test
  void triesA401OnlyOnce() throws Exception {
    revoked.addAll(Set.of("Bearer token-1", "Bearer token-2", "Bearer token-3"));
    try (HttpSender sender = sender("")) {
      HttpOperationFailedException refusal =
          assertThrows(HttpOperationFailedException.class, () -> post(sender));

      assertEquals(401, refusal.getStatusCode());
      assertEquals(List.of("Bearer token-1", "Bearer token-2"), authorizations);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 429})
  void passesIfTheTokenEndpointIsAway(int status) throws Exception {
    answers.add(status + " {}");
    try (HttpSender sender = sender("")) {
      IOException failure = assertThrows(IOException.class, () -> post(sender));

      assertFalse(failure instanceof TokenRefusedException);
      assertEquals("the token endpoint answered HTTP " + status, failure.getMessage());
      post(sender);
      assertEquals(List.of("Bearer token-1"), authorizations);
    }
  }

  @Test
  void passesIfNobodyListens() throws Exception {
    HttpSender sender = sender("");
    server.stop(0);

    IOException failure = assertThrows(IOException.class, () -> post(sender));

    assertFalse(failure instanceof TokenRefusedException);
    sender.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "400 {\"error\":\"invalid_scope\",\"error_description\":\"S3CRET\"}",
        "401 {\"error\":\"invalid_client\"}",
        "403 no",
        "404 <html>",
        "302 {}",
        "200 {}",
        "200 [",
        "200 {\"access_token\":\"a\\r\\nX-Evil: 1\"}"
      })
  void isRefusedOtherwise(String answer) throws Exception {
    answers.addAll(List.of(answer, answer));
    try (HttpSender sender = sender("")) {
      IOException failure = assertThrows(IOException.class, () -> post(sender));

      assertInstanceOf(TokenRefusedException.class, failure);
      assertTrue(
          failure.getMessage().startsWith("the token endpoint gives no token: HTTP "),
          failure.getMessage());
      assertFalse(failure.getMessage().contains("S3CRET"));
      assertEquals(List.of(), authorizations);
    }
  }

  @Test
  void getsAnotherTokenBeforeTheOldOneExpires() throws Exception {
    AccessTokens tokens = tokens();
    assertEquals("token-1", tokens.token());
    now.addAndGet(Duration.ofSeconds(3539).toNanos());
    assertEquals("token-1", tokens.token());
    now.addAndGet(Duration.ofSeconds(2).toNanos());
    assertEquals("token-2", tokens.token());
    answers.add("200 {\"access_token\":\"short\",\"expires_in\":\"10\"}");
    tokens.refused("token-2");
    assertEquals("short", tokens.token());
    now.addAndGet(Duration.ofSeconds(8).toNanos());
    assertEquals("short", tokens.token());
    now.addAndGet(Duration.ofSeconds(2).toNanos());
    assertEquals("token-3", tokens.token());
    tokens.refused("token-2");
    assertEquals("token-3", tokens.token());
  }

  /** The real client of a webhook, whose token endpoint is the server's. */
  private AccessTokens tokens() {
    WebhookClient settings = settings("");
    return new AccessTokens(
        settings.tokenClient(), "relay:1", "s/cret", Optional.empty(), now::get);
  }

  private WebhookClient settings(String scope) {
    String base = "http://localhost:" + server.getAddress().getPort();
    WebhookClient settings = new WebhookClient();
    settings.setUrl(base + "/events");
    settings.setOauth2TokenUrl(base + "/token");
    settings.setOauth2ClientId("relay:1");
    settings.setOauth2ClientSecret("s/cret");
    settings.setOauth2Scope(scope);
    return settings;
  }

  private HttpSender sender(String scope) {
    return new HttpSender(settings(scope), HttpSender.USUAL_SILENCE, HttpSender.Answers.STATUS);
  }

  private static void post(HttpSender sender) throws Exception {
    sender.send("POST", Map.of("eventId", "1"), "{}".getBytes(StandardCharsets.UTF_8));
  }

  private void token(HttpExchange call) throws IOException {
    try (call) {
      String authorization = String.valueOf(call.getRequestHeaders().getFirst("Authorization"));
      String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      tokenCalls.add(authorization + " " + body);
      String next = answers.poll();
      if (next == null) {
        next =
            wantsBody && !authorization.equals("null")
                ? "401 {\"error\":\"invalid_client\"}"
                : "200 {\"access_token\":\"token-"
                    + issued.incrementAndGet()
                    + "\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
      }
      byte[] answer = next.substring(4).getBytes(StandardCharsets.UTF_8);
      call.sendResponseHeaders(Integer.parseInt(next.substring(0, 3)), answer.length);
      call.getResponseBody().write(answer);
    }
  }

  private void event(HttpExchange call) throws IOException {
    try (call) {
      call.getRequestBody().readAllBytes();
      String authorization = call.getRequestHeaders().getFirst("Authorization");
      authorizations.add(authorization);
      call.sendResponseHeaders(revoked.contains(authorization) ? 401 : 204, -1);
    }
  }
}
