package io.ensrelay.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.ensrelay.config.Settings;
import io.ensrelay.destination.SpooledEvent;
import io.ensrelay.destination.WebhookServer;
import io.ensrelay.service.RecordedLog;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.simulator.IssuedCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the shipped webhook calls an endpoint of its user: TLS, token, connections, time-outs. */
class WebhookClientTest {
  private static final int BOUND_SECONDS = 30;
  private static final int LANES = 64;

  @TempDir Path dir;

  private final CertificateAuthority authority = CertificateAuthority.create("private CA");
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
  private final Set<String> authorizations = ConcurrentHashMap.newKeySet();
  private final Main camel = new Main();
  private ProducerTemplate template;
  private HttpServer server;

  @AfterEach
  void close() {
    camel.stop();
    if (server != null) {
      server.stop(0);
    }
    threads.shutdownNow();
  }

  @Test
  void hasOneConnectionPerLaneWithAClientCertificateAndAToken() throws Exception {
    CyclicBarrier allAtOnce = new CyclicBarrier(LANES);
    String url = https(call -> allAtOnce.await(BOUND_SECONDS, TimeUnit.SECONDS));
    authority
        .issue(CertificateRequest.client("relay"))
        .writePkcs12(dir.resolve("client.p12"), "changeit");
    authority.writePem(dir.resolve("ca.pem"));
    try (RecordedLog log = new RecordedLog()) {
      start(
          webhook(),
          Map.of(
              "url",
              url,
              "keystore",
              dir.resolve("client.p12").toString(),
              "keystore-password",
              "changeit",
              "truststore",
              dir.resolve("ca.pem").toString(),
              "token",
              "s3cret+/="));

      for (int round = 0; round < 3; round++) {
        postAtOnce(LANES);
      }

      assertEquals(LANES, connections.size());
      assertEquals(Set.of("Bearer s3cret+/="), authorizations);
      assertFalse(log.lines(Level.DEBUG).toString().contains("s3cret"));
    }
  }

  @Test
  void trustsNoPrivateAuthorityThatIsNotNamed() throws Exception {
    start(webhook(), Map.of("url", https(call -> {})));

    CamelExecutionException e = assertThrows(CamelExecutionException.class, this::post);

    assertInstanceOf(SSLHandshakeException.class, e.getCause());
    assertEquals(Set.of(), authorizations);
  }

  @Test
  void postsAgainWhenNoAnswerComes() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch end = new CountDownLatch(1);
    String url =
        http(
            call -> {
              if (calls.incrementAndGet() == 1) {
                end.await();
              }
            });
    String errors =
        Files.readString(Path.of("routes/errors.camel.yaml")).replace("spool:dead", "log:dead");
    String impatient =
        webhook()
            .replace(
                "destination: webhook", "destination: webhook\n              responseTimeout: 300");
    start(impatient + errors, Map.of("url", url));

    Future<?> posted = threads.submit(this::post);

    await().atMost(BOUND_SECONDS, TimeUnit.SECONDS).until(posted::isDone);
    posted.get();
    end.countDown();
    assertTrue(calls.get() > 1, calls + " calls");
  }

  @Test
  void postsToTheUrlAsItIsAndTakesNoHeaderButTheIdFromTheEvent() throws Exception {
    try (WebhookServer endpoint = WebhookServer.onAFreePort().start()) {
      start(webhook(), Map.of("url", endpoint.url() + "?of=relay"));
      SpooledEvent event = SpooledEvent.one().hostile();
      Set<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      headers.addAll(
          List.of("Connection", "Content-Length", "Content-Type", "eventId", "Host", "User-Agent"));

      template.sendBodyAndHeaders("direct:webhook", event.body(), event.headers());

      WebhookServer.Request post = endpoint.requests().get(0);
      assertEquals("POST /events?of=relay", post.line());
      assertEquals(event.text(), post.text());
      assertEquals(headers, post.headers().keySet());
      assertEquals(List.of("application/cloudevents+json"), post.headers().get("Content-Type"));
      assertEquals(List.of(event.id()), post.headers().get("eventId"));
      assertFalse(post.headers().toString().contains("stolen"));
    }
  }

  /** The shipped file without the spool. */
  private static String webhook() throws IOException {
    return Files.readString(Path.of("routes/destinations/webhook.camel.yaml"))
        .replaceFirst("(?s)from:.*?steps:", "from:\n      uri: direct:webhook\n      steps:");
  }

  private void start(String routes, Map<String, String> keys) throws Exception {
    Path file = Files.writeString(dir.resolve("test.camel.yaml"), routes);
    Properties options = new Properties();
    options.setProperty("ens.destination.webhook.enabled", "true");
    keys.forEach((key, value) -> options.setProperty("ens.destination.webhook." + key, value));
    options.setProperty("camel.main.routesIncludePattern", "file:" + file);
    camel.setDefaultPropertyPlaceholderLocation("false");
    camel.bind("http", new BoundedHttpComponent());
    camel.setOverrideProperties(
        Settings.load(Path.of("application.properties"), Map.of(), options).asProperties());
    camel.start();
    template = camel.getCamelTemplate();
  }

  private void post() {
    template.sendBody("direct:webhook", SpooledEvent.one().body());
  }

  /** One handshake after another, as each of them wants the processors; then all stay open. */
  private void postAtOnce(int times) throws Exception {
    List<Future<?>> posts = new ArrayList<>();
    for (int i = 1; i <= times; i++) {
      int arrived = i;
      posts.add(threads.submit(this::post));
      await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(BOUND_SECONDS, TimeUnit.SECONDS)
          .until(() -> connections.size() >= arrived);
    }
    for (Future<?> post : posts) {
      post.get(BOUND_SECONDS, TimeUnit.SECONDS);
    }
  }

  private interface Delay {
    void before(HttpExchange call) throws Exception;
  }

  private String http(Delay delay) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), LANES);
    return "http" + serve(delay);
  }

  /** Shows a certificate of the private authority and wants one of it. */
  private String https(Delay delay) throws Exception {
    HttpsServer secure =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), LANES);
    SSLContext context =
        context(authority.issue(CertificateRequest.server("localhost", "localhost")));
    secure.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = context.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    server = secure;
    return "https" + serve(delay);
  }

  private String serve(Delay delay) {
    server.setExecutor(threads);
    server.createContext(
        "/",
        call -> {
          try (call) {
            connections.add(call.getRemoteAddress());
            authorizations.add(String.valueOf(call.getRequestHeaders().getFirst("Authorization")));
            call.getRequestBody().readAllBytes();
            delay.before(call);
            call.sendResponseHeaders(204, -1);
          } catch (Exception e) {
            throw new IOException(e);
          }
        });
    server.start();
    return "://localhost:" + server.getAddress().getPort() + "/events";
  }

  private SSLContext context(IssuedCertificate certificate) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "key", certificate.key(), new char[0], certificate.chain().toArray(Certificate[]::new));
    keys.setCertificateEntry("ca", authority.certificate());
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, new char[0]);
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }
}
