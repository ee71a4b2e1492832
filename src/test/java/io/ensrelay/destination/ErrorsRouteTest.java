package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.ensrelay.delivery.FailureRules;
import io.ensrelay.delivery.RetryPause;
import io.ensrelay.service.RecordedLog;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.file.GenericFileOperationFailedException;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.apache.camel.test.main.junit5.ReplaceInRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is tried again and what becomes a dead letter, with a real endpoint on loopback. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern=file:routes/errors.camel.yaml,"
          + "file:routes/destinations/webhook.camel.yaml,classpath:routes/errors-test.camel.yaml",
      "ens.destination.webhook.enabled=true",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.webhook=direct:webhook",
    mockEndpointsAndSkip = "spool:dead")
class ErrorsRouteTest {
  private static final long BOUND_SECONDS = 20;

  /** The first pause of 1 s, less what collision avoidance may take off. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(840);

  private final WebhookServer server = WebhookServer.onAFreePort();
  private final RecordedLog log = new RecordedLog();
  private final Failing failed = new Failing();
  @ReplaceInRegistry Processor failing = failed;

  @EndpointInject ProducerTemplate template;
  private FailureRules rules;
  private RetryPause slowly;

  @BeforeEach
  void lookUp() {
    CamelContext camel = template.getCamelContext();
    rules = camel.getRegistry().lookupByNameAndType("ensFailures", FailureRules.class);
    slowly = camel.getRegistry().lookupByNameAndType("ensRetrySlowly", RetryPause.class);
  }

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  /** Placeholders of the route file are read before a test could set a property otherwise. */
  @Configure
  void connect(MainConfigurationProperties main) {
    System.setProperty("ens.destination.webhook.url", server.url());
  }

  @AfterEach
  void close() {
    System.clearProperty("ens.destination.webhook.url");
    server.close();
    log.close();
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  @Test
  void postsAnEventWithNothingOfTheDeviceInTheHead() throws Exception {
    server.start();

    deliver("direct:webhook", SpooledEvent.one().hostile());

    WebhookServer.Request post = server.requests().get(0);
    assertEquals("POST /events", post.line());
    assertArrayEquals(SpooledEvent.one().body(), post.body());
    assertEquals(List.of("application/cloudevents+json"), post.headers().get("Content-Type"));
    assertEquals(List.of(SpooledEvent.one().id()), post.headers().get("eventId"));
    assertTrue(
        Set.of("accept-encoding", "connection", "content-length", "content-type", "eventid")
            .containsAll(
                post.headers().keySet().stream()
                    .map(String::toLowerCase)
                    .filter(name -> !Set.of("host", "user-agent").contains(name))
                    .toList()),
        post.headers().toString());
    assertFalse(post.headers().toString().contains("stolen"), post.headers().toString());
    assertDeadLetters(0);
  }

  @Test
  void triesAgainAndKeepsTheOrderWhenTheEndpointFailsForAWhile() throws Exception {
    server.start().answers(500, 503);

    for (SpooledEvent event : SpooledEvent.many()) {
      deliver("direct:webhook", event);
    }

    List<String> bodies = SpooledEvent.many().stream().map(SpooledEvent::text).toList();
    assertEquals(bodies, bodies(200));
    assertEquals(5, server.requests().size());
    assertEquals(bodies.get(0), server.requests().get(2).text());
    Duration first = pause(0);
    assertTrue(first.compareTo(FIRST_PAUSE) >= 0, "first pause: " + first);
    assertTrue(pause(1).compareTo(Duration.ofMillis(1400)) >= 0, "second: " + pause(1));
    assertDeadLetters(0);
    List<String> warnings = log.lines(Level.WARN);
    assertEquals(1, warnings.size(), "said once: " + warnings);
    assertTrue(warnings.get(0).contains("is stalled: "), warnings.get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 425, 429, 502})
  void triesAgainWhatIsRefusedForNow(int status) throws Exception {
    server.start().answers(status);

    deliver("direct:webhook", SpooledEvent.one());

    assertEquals(2, server.requests().size());
    assertEquals(List.of(SpooledEvent.one().text()), bodies(200));
    assertDeadLetters(0);
  }

  @Test
  void waitsAsManySecondsAsTheEndpointAsksFor() throws Exception {
    server.start().answers(429, "Retry-After", "3");

    deliver("direct:webhook", SpooledEvent.one());

    assertEquals(2, server.requests().size());
    assertTrue(pause(0).compareTo(Duration.ofSeconds(3)) >= 0, "waited " + pause(0));
  }

  @Test
  void waitsUntilTheDateTheEndpointNames() throws Exception {
    ZonedDateTime date = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(4);
    server.start().answers(503, "Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(date));

    deliver("direct:webhook", SpooledEvent.one());

    assertEquals(2, server.requests().size());
    // the header has whole seconds
    assertTrue(pause(0).compareTo(Duration.ofMillis(2500)) >= 0, "waited " + pause(0));
  }

  @Test
  void saysThatItIsStalledWhereTheHttpClientWouldHaveTriedAgainByItself() throws Exception {
    server.start().answers(503);

    deliver("direct:webhook", SpooledEvent.one());

    assertEquals(2, server.requests().size());
    assertTrue(
        log.lines(Level.WARN).get(0).contains("is stalled"), log.lines(Level.WARN)::toString);
  }

  @Test
  void deliversWhenTheEndpointComesUp() throws Exception {
    CompletableFuture<Exchange> delivery = sent("direct:webhook", SpooledEvent.one());
    await()
        .atMost(Duration.ofSeconds(BOUND_SECONDS))
        .until(() -> log.lines(Level.WARN).stream().anyMatch(l -> l.contains("is stalled")));

    server.start();

    assertNull(delivery.get(BOUND_SECONDS, TimeUnit.SECONDS).getException());
    assertEquals(List.of(SpooledEvent.one().text()), bodies(200));
    assertDeadLetters(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 409, 413, 415, 422})
  void keepsARefusedEventAsItCameAndGoesOn(int status) throws Exception {
    server.start().answers(status);

    deliver("direct:webhook", SpooledEvent.one());
    deliver("direct:webhook", SpooledEvent.many().get(0));

    assertEquals(2, server.requests().size());
    assertEquals(List.of(SpooledEvent.many().get(0).text()), bodies(200));
    assertDeadLetter(SpooledEvent.one());
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 401, 403, 404, 405, 410})
  void triesAgainSlowlyWhatTheDestinationRefuses(int status) throws Exception {
    slowly.setFirst(Duration.ofMillis(300));
    server.start().answers(status, status);

    deliver("direct:webhook", SpooledEvent.one());

    assertEquals(3, server.requests().size());
    assertEquals(List.of(SpooledEvent.one().text()), bodies(200));
    assertDeadLetters(0);
    List<String> errors = log.lines(Level.ERROR);
    assertEquals(1, errors.size(), "said once: " + errors);
    assertTrue(errors.get(0).contains("refuses all events"), errors.get(0));
  }

  @Test
  void keepsAnEventWhoseExpressionFails() throws Exception {
    deliver("direct:jq", SpooledEvent.none());

    assertDeadLetter(SpooledEvent.none());
  }

  @Test
  void keepsAnEventThatIsNoJsonWhereJsonIsAskedFor() throws Exception {
    deliver("direct:jq", SpooledEvent.malformed());

    assertDeadLetter(SpooledEvent.malformed());
  }

  static Stream<Exception> whatPasses() {
    return Stream.of(
        new IOException("no space left"),
        new ConnectException("refused"),
        new SocketTimeoutException("too slow"),
        new UnknownHostException("siem"),
        new FileNotFoundException("the share is away"),
        new GenericFileOperationFailedException("can't write"),
        new GenericFileOperationFailedException("can't write", new IOException("stale handle")),
        new UncheckedIOException(new IOException("stream closed")),
        new RuntimeCamelException(new ConnectException("refused")),
        caused(new JMSException("away"), new ActiveMQException("not connected")),
        caused(new IllegalStateException("closed"), new ActiveMQException("closed")),
        new SSLPeerUnverifiedException("another host name"),
        caused(new SSLHandshakeException("no name"), new CertificateException("no name")),
        caused(
            new SSLHandshakeException("expired"),
            new CertPathValidatorException("expired", new CertificateExpiredException("expired"))));
  }

  @ParameterizedTest
  @MethodSource("whatPasses")
  void triesAgainWhatPasses(Exception failure) throws Exception {
    failed.with(failure, 1);

    deliver("direct:throwing", SpooledEvent.one());

    assertEquals(2, failed.calls());
    assertDeadLetters(0);
  }

  static Stream<Exception> whatDoesNotPass() {
    return Stream.of(
        new MalformedInputException(1), new RuntimeCamelException(new StackOverflowError()));
  }

  static Stream<Exception> whatNobodyKnows() {
    return Stream.of(
        new IllegalArgumentException("not this one"),
        new NullPointerException(),
        new RuntimeCamelException(new ClassCastException("not a map")));
  }

  @ParameterizedTest
  @MethodSource("whatNobodyKnows")
  void triesAgainForAWhileWhatNobodyKnows(Exception failure) throws Exception {
    failed.with(failure, 1);

    deliver("direct:throwing", SpooledEvent.one());

    assertEquals(2, failed.calls());
    assertDeadLetters(0);
  }

  @ParameterizedTest
  @MethodSource("whatNobodyKnows")
  void keepsWhatFailedForLongerThanThat(Exception failure) throws Exception {
    rules.setUnknownFor(Duration.ofMillis(500));
    failed.with(failure, Integer.MAX_VALUE);

    deliver("direct:throwing", SpooledEvent.one());

    assertEquals(2, failed.calls());
    assertDeadLetter(SpooledEvent.one());
  }

  @ParameterizedTest
  @MethodSource("whatDoesNotPass")
  void keepsWhatDoesNotPass(Exception failure) throws Exception {
    failed.with(failure, Integer.MAX_VALUE);

    deliver("direct:throwing", SpooledEvent.one());

    assertEquals(1, failed.calls());
    assertDeadLetter(SpooledEvent.one());
  }

  @Test
  void doesNotConfirmAnEventWhoseDeadLetterCannotBeKept() throws Exception {
    IOException full = new IOException("the disk is full");
    deadLetters.whenAnyExchangeReceived(
        exchange -> {
          throw full;
        });
    failed.with(new MalformedInputException(1), Integer.MAX_VALUE);

    Exchange exchange =
        sent("direct:throwing", SpooledEvent.one()).get(BOUND_SECONDS, TimeUnit.SECONDS);

    assertSame(full, exchange.getException());
  }

  @Test
  void leavesADestinationWithAPolicyOfItsOwnAlone() throws Exception {
    MockEndpoint own =
        template.getCamelContext().getEndpoint("mock:own-policy", MockEndpoint.class);
    own.expectedMessageCount(1);
    failed.with(new IOException("would be tried again"), Integer.MAX_VALUE);

    deliver("direct:own", SpooledEvent.one());

    own.assertIsSatisfied();
    assertEquals(1, failed.calls());
    assertDeadLetters(0);
  }

  private CompletableFuture<Exchange> sent(String route, SpooledEvent event) {
    return template.asyncSend(
        route,
        exchange -> {
          exchange.getIn().setBody(event.body());
          event.headers().forEach(exchange.getIn()::setHeader);
        });
  }

  private void deliver(String route, SpooledEvent event) throws Exception {
    Exchange exchange = sent(route, event).get(BOUND_SECONDS, TimeUnit.SECONDS);
    assertFalse(exchange.isFailed(), () -> "failed: " + exchange.getException());
  }

  private List<String> bodies(int status) {
    return server.requests().stream()
        .filter(request -> request.answer().status() == status)
        .map(WebhookServer.Request::text)
        .toList();
  }

  private Duration pause(int after) {
    List<WebhookServer.Request> requests = server.requests();
    return Duration.ofNanos(requests.get(after + 1).nanoTime() - requests.get(after).nanoTime());
  }

  private void assertDeadLetters(int count) {
    assertEquals(count, deadLetters.getReceivedCounter(), "dead letters");
  }

  private void assertDeadLetter(SpooledEvent event) {
    assertDeadLetters(1);
    Message letter = deadLetters.getExchanges().get(0).getMessage();
    assertArrayEquals(event.body(), letter.getBody(byte[].class));
    event.headers().forEach((name, value) -> assertEquals(value, letter.getHeader(name), name));
    assertNull(letter.getHeader("Content-Type"), "a header of the route, not of the event");
  }

  private static <T extends Exception> T caused(T exception, Throwable cause) {
    exception.initCause(cause);
    return exception;
  }

  /** A step that fails as often as told. */
  private static final class Failing implements Processor {
    private volatile Exception failure;
    private volatile int times;
    private volatile int calls;

    void with(Exception exception, int howOften) {
      failure = exception;
      times = howOften;
    }

    int calls() {
      return calls;
    }

    @Override
    public synchronized void process(Exchange exchange) throws Exception {
      if (calls++ < times) {
        throw failure;
      }
    }
  }
}
