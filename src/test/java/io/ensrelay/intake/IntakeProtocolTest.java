package io.ensrelay.intake;

import static io.ensrelay.intake.Intake.storing;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.event.Event;
import io.ensrelay.event.ReceivedMessage;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.RecordedLog;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWithRouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.util.function.ThrowingConsumer;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packets that the intake sends to a broker, one by one. */
class IntakeProtocolTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path data;
  private final TestKeys keys = new TestKeys();
  private ScriptedBroker broker;

  @BeforeEach
  void start() throws Exception {
    broker = new ScriptedBroker(keys.server());
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  /** Keeps exchanges until the test lets them go on. */
  private static final class Gate extends AsyncProcessorSupport {
    final Map<Integer, Exchange> waiting = new ConcurrentHashMap<>();
    private final Map<Exchange, AsyncCallback> callbacks = new ConcurrentHashMap<>();

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      List<?> events = exchange.getMessage().getBody(List.class);
      int seq = Intake.seq(new String(((Event) events.get(0)).json(), StandardCharsets.UTF_8));
      callbacks.put(exchange, callback);
      waiting.put(seq, exchange);
      return false;
    }

    void open(int seq) {
      callbacks.remove(waiting.remove(seq)).done(false);
    }

    boolean isGivenUp(int seq) {
      return waiting
          .get(seq)
          .getProperty(ReceivedMessage.PROPERTY, ReceivedMessage.class)
          .comesAgain();
    }
  }

  @Test
  void takesADurableSessionAndAllTopicsInOnePacketAtQos1() throws Exception {
    try (Intake intake = intake(null)) {
      awaitClients(1);
      ScriptedBroker.Client first = broker.clients.get(0);
      await().atMost(SOON).until(() -> first.subscribePackets == 1);
      assertEquals("relay-under-test", first.connect.payload().clientIdentifier());
      assertFalse(first.connect.variableHeader().isCleanSession());
      assertEquals(4, first.connect.variableHeader().version());
      assertEquals(List.of(1), first.qos);

      intake.want(Intake.TOPIC, "t/device/a", "t/device/b");
      await().atMost(SOON).until(() -> first.subscribed.size() == 3);
      assertEquals(2, first.subscribePackets);
      assertEquals(1, broker.clients.size());
    }
  }

  @Test
  void acknowledgesOnlyWhatIsStoredAndInTheOrderOfReceipt() throws Exception {
    Gate gate = new Gate();
    try (Intake intake = intake(gate)) {
      ScriptedBroker.Client client = subscribed(0);
      for (int i = 1; i <= 3; i++) {
        client.publish(i, Intake.TOPIC, Intake.message(i));
      }
      await().atMost(SOON).until(() -> gate.waiting.size() == 3);
      gate.open(3);
      gate.open(2);
      assertEquals(List.of(), client.acknowledged);
      gate.open(1);
      await().atMost(SOON).until(() -> client.acknowledged.size() == 3);
      assertEquals(List.of(1, 2, 3), client.acknowledged);
    }
  }

  @Test
  void acknowledgesInTheStepBehindTheOneThatStores() throws Exception {
    Gate store = new Gate();
    Gate between = new Gate();
    try (Intake intake =
        changed(
            route -> {
              route.weaveById("intake.store").replace().process(store);
              route.weaveById("intake.acknowledge").before().process(between);
            })) {
      ScriptedBroker.Client client = subscribed(0);
      client.publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> store.waiting.containsKey(1));
      assertEquals(Set.of(), between.waiting.keySet());
      store.open(1);
      await().atMost(SOON).until(() -> between.waiting.containsKey(1));
      assertEquals(List.of(), client.acknowledged);
      between.open(1);
      await().atMost(SOON).until(() -> client.acknowledged.equals(List.of(1)));
    }
  }

  @Test
  void acknowledgesAMalformedMessageOnceItIsADeadLetter() throws Exception {
    try (Intake intake = intake(null)) {
      ScriptedBroker.Client client = subscribed(0);
      client.publish(1, Intake.TOPIC, "no event");
      await().atMost(SOON).until(() -> client.acknowledged.equals(List.of(1)));
      assertEquals(
          1,
          Meters.of(intake.camel).counter("ens.destination.dead", "destination", "intake").count());
    }
  }

  @Test
  void saysOnceThatARouteDoesNotAcknowledgeAndAcknowledgesNothing() throws Exception {
    try (RecordedLog log = new RecordedLog();
        Intake intake = changed(route -> route.weaveById("intake.acknowledge").remove())) {
      for (int i = 0; i < 2; i++) {
        ScriptedBroker.Client client = subscribed(i);
        client.publish(1, Intake.TOPIC, Intake.message(1));
        await().atMost(SOON).until(() -> !client.channel.isOpen());
        assertEquals(List.of(), client.acknowledged);
      }
      awaitClients(3);
      List<String> said =
          log.lines(Level.ERROR).stream().filter(line -> line.contains("acknowledge")).toList();
      assertEquals(1, said.size(), said.toString());
      assertTrue(said.get(0).startsWith("The route intake.events ended"), said.get(0));
    }
  }

  @Test
  void saysThatAStepBehindTheAcknowledgementFailed() throws Exception {
    try (RecordedLog log = new RecordedLog();
        Intake intake =
            changed(
                route ->
                    route
                        .weaveById("intake.acknowledge")
                        .after()
                        .throwException(new IllegalStateException("no copy")))) {
      subscribed(0).publish(1, Intake.TOPIC, Intake.message(1));
      await()
          .atMost(SOON)
          .until(
              () ->
                  log.lines(Level.WARN).stream()
                      .anyMatch(
                          line ->
                              line.contains("a step behind the acknowledgement failed: no copy")));
    }
  }

  @Test
  void receivesAMessageAgainThatARouteHasDropped() throws Exception {
    AtomicInteger dropped = new AtomicInteger();
    try (Intake intake =
        changed(
            route ->
                route
                    .weaveById("intake.split")
                    .before()
                    .filter(exchange -> dropped.getAndIncrement() == 0)
                    .stop())) {
      ScriptedBroker.Client first = subscribed(0);
      first.publish(1, Intake.TOPIC, Intake.message(1));
      ScriptedBroker.Client second = subscribed(1);
      assertEquals(List.of(), first.acknowledged);
      second.publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> second.acknowledged.equals(List.of(1)));
    }
  }

  @Test
  void saysThatARouteDoesNotTakeItsMessages() throws Exception {
    try (RecordedLog log = new RecordedLog();
        Intake intake = changed(route -> route.weaveById("intake.take").remove())) {
      ScriptedBroker.Client client = subscribed(0);
      client.publish(1, Intake.TOPIC, Intake.message(1));
      await()
          .atMost(SOON)
          .until(
              () ->
                  log.lines(Level.WARN).stream()
                      .anyMatch(line -> line.contains("does not begin with the method take")));
      assertEquals(List.of(), client.acknowledged);
    }
  }

  @Test
  void acknowledgesNothingOnAnotherConnectionThanItsOwn() throws Exception {
    Gate gate = new Gate();
    try (Intake intake = intake(gate)) {
      ScriptedBroker.Client before = subscribed(0);
      before.publish(1, Intake.TOPIC, Intake.message(1));
      before.publish(2, Intake.TOPIC, Intake.message(2));
      await().atMost(SOON).until(() -> gate.waiting.size() == 2);
      before.cut();
      ScriptedBroker.Client after = subscribed(1);
      after.publish(1, Intake.TOPIC, Intake.message(101));
      await().atMost(SOON).until(() -> gate.waiting.containsKey(101));

      gate.open(1);
      gate.open(2);
      after.publish(2, Intake.TOPIC, Intake.message(102));
      await().atMost(SOON).until(() -> gate.waiting.containsKey(102));
      assertEquals(List.of(), after.acknowledged);
      gate.open(101);
      gate.open(102);
      await().atMost(SOON).until(() -> after.acknowledged.size() == 2);
      assertEquals(List.of(1, 2), after.acknowledged);
    }
  }

  @Test
  void leavesTheConnectionWhenAMessageCanNotBeStoredAndTakesItAgain() throws Exception {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    AsyncProcessorSupport failsOnce =
        new AsyncProcessorSupport() {
          @Override
          public boolean process(Exchange exchange, AsyncCallback callback) {
            List<?> events = exchange.getMessage().getBody(List.class);
            int seq =
                Intake.seq(new String(((Event) events.get(0)).json(), StandardCharsets.UTF_8));
            if (seen.add(seq)) {
              exchange.setException(new IllegalStateException("no room"));
            }
            callback.done(true);
            return true;
          }
        };
    try (Intake intake = intake(failsOnce)) {
      ScriptedBroker.Client first = subscribed(0);
      first.publish(1, Intake.TOPIC, Intake.message(1));
      ScriptedBroker.Client second = subscribed(1);
      assertEquals(List.of(), first.acknowledged);
      second.publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> second.acknowledged.equals(List.of(1)));
    }
  }

  @Test
  void givesUpEachMessageInFlightBeforeAFailureIsOver() throws Exception {
    Gate gate = new Gate();
    try (Intake intake = intake(gate)) {
      ScriptedBroker.Client client = subscribed(0);
      client.publish(1, Intake.TOPIC, Intake.message(1));
      client.publish(2, Intake.TOPIC, Intake.message(2));
      await().atMost(SOON).until(() -> gate.waiting.keySet().equals(Set.of(1, 2)));
      assertFalse(gate.isGivenUp(2));

      gate.waiting.get(1).setException(new IllegalStateException("no room"));
      gate.open(1);

      assertTrue(gate.isGivenUp(2));
      gate.open(2);
    }
  }

  @Test
  void leavesTheConnectionWhenItsWindowStaysFullAndComesBackWhenThereIsRoom() throws Exception {
    Gate gate = new Gate();
    try (Intake intake = intake(gate, "ens.intake.in-flight", "5")) {
      ScriptedBroker.Client first = subscribed(0);
      for (int i = 1; i <= 20; i++) {
        first.publish(i, Intake.TOPIC, Intake.message(i));
      }
      await().atMost(SOON).until(() -> gate.waiting.size() == 5);
      await()
          .atMost(SOON)
          .until(
              () -> {
                intake.time.pass(Duration.ofSeconds(16));
                return !first.channel.isOpen();
              });
      assertEquals(5, gate.waiting.size());
      assertEquals(List.of(), first.acknowledged);
      assertEquals(1, broker.clients.size());
      IntStream.rangeClosed(1, 5).forEach(gate::open);
      ScriptedBroker.Client second = subscribed(1);
      second.publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> gate.waiting.containsKey(1));
      assertEquals(List.of(), first.acknowledged);
      gate.open(1);
    }
  }

  @Test
  void acknowledgesMessagesInFlightBeforeItDisconnects() throws Exception {
    Gate gate = new Gate();
    Intake intake = intake(gate);
    ScriptedBroker.Client client = subscribed(0);
    for (int i = 1; i <= 50; i++) {
      client.publish(i, Intake.TOPIC, Intake.message(i));
    }
    await().atMost(SOON).until(() -> gate.waiting.size() == 50);
    Thread ending =
        new Thread(
            () -> {
              try {
                intake.close();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    ending.start();
    await()
        .during(Duration.ofMillis(500))
        .atMost(SOON)
        .until(() -> ending.isAlive() && !client.disconnected);
    IntStream.rangeClosed(1, 50).forEach(gate::open);
    ending.join(SOON.toMillis());
    await().atMost(SOON).until(() -> client.disconnected);
    assertEquals(IntStream.rangeClosed(1, 50).boxed().toList(), client.acknowledged);
  }

  @Test
  void startsAfreshWhenAConnectionIsNeverAnswered() throws Exception {
    broker.onConnect = n -> n == 1 ? null : MqttConnectReturnCode.CONNECTION_ACCEPTED;
    try (Intake intake = intake(null)) {
      subscribed(0).cut();
      awaitClients(2);
      ScriptedBroker.Client third = subscribed(2);
      third.publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> third.acknowledged.equals(List.of(1)));
    }
  }

  @Test
  void triesARefusedConnectionAgainSlowly() throws Exception {
    broker.onConnect = n -> MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED;
    try (Intake intake = intake(null)) {
      await().atMost(SOON).until(() -> intake.client().status().get().problem().isPresent());
      passes(intake, Duration.ofSeconds(50));
      await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> broker.clients.size() == 1);
      await()
          .atMost(SOON)
          .until(
              () -> {
                passes(intake, Duration.ofSeconds(10));
                return broker.clients.size() == 2;
              });
    }
  }

  @Test
  void keepsTheTopicsThatAreGrantedWhenOneIsRefused() throws Exception {
    broker.onSubscribe = topic -> topic.endsWith("wiped") ? 0x80 : 1;
    try (Intake intake = intake(null)) {
      intake.want(Intake.TOPIC, "t/device/wiped");
      await()
          .atMost(SOON)
          .until(() -> !broker.clients.isEmpty() && broker.clients.get(0).subscribed.size() >= 2);
      broker.clients.get(0).publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> intake.delivered.equals(List.of(1)));
      assertEquals(1, broker.clients.size());
    }
  }

  @Test
  void asksForARefusedTopicAgainAfterAMinute() throws Exception {
    broker.onSubscribe = topic -> 0x80;
    try (Intake intake = intake(null)) {
      Optional<IntakeStatus.SubscriptionState> refused =
          Optional.of(IntakeStatus.SubscriptionState.REFUSED);
      await().atMost(SOON).until(() -> answer(intake, Intake.TOPIC).equals(refused));
      broker.onSubscribe = topic -> 1;
      passes(intake, Duration.ofSeconds(50));
      await()
          .during(Duration.ofMillis(300))
          .atMost(SOON)
          .until(() -> answer(intake, Intake.TOPIC).equals(refused));
      passes(intake, Duration.ofSeconds(11));
      await()
          .atMost(SOON)
          .until(
              () ->
                  answer(intake, Intake.TOPIC)
                      .equals(Optional.of(IntakeStatus.SubscriptionState.SUBSCRIBED)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3, 0x7f, 0x80, 0xff})
  void doesNotCountATopicThatIsGrantedAtAnotherQosThanOne(int code) throws Exception {
    broker.onSubscribe = topic -> topic.endsWith("wiped") ? code : 1;
    try (RecordedLog log = new RecordedLog();
        Intake intake = intake(null)) {
      intake.want(Intake.TOPIC, "t/device/wiped");
      await()
          .atMost(SOON)
          .until(
              () ->
                  answer(intake, "t/device/wiped")
                      .equals(Optional.of(IntakeStatus.SubscriptionState.REFUSED)));
      assertEquals(
          Optional.of(IntakeStatus.SubscriptionState.SUBSCRIBED), answer(intake, Intake.TOPIC));
      assertTrue(
          log.lines(Level.ERROR).stream().anyMatch(line -> line.contains("to device/wiped")),
          log.lines(Level.ERROR).toString());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void countsNoTopicOfAnAnswerWithAnotherNumberOfCodes(int codes) throws Exception {
    broker.onSuback = answers -> Collections.nCopies(codes, 1);
    try (Intake intake = intake(null)) {
      intake.want(Intake.TOPIC, "t/device/wiped");
      await()
          .atMost(SOON)
          .until(
              () ->
                  answer(intake, "t/device/wiped")
                      .equals(Optional.of(IntakeStatus.SubscriptionState.REFUSED)));
    }
  }

  @Test
  void remembersNoPresenceWhileNoTopicIsGrantedAtQos1() throws Exception {
    Instant last = Instant.now().minus(Duration.ofMinutes(1)).truncatedTo(ChronoUnit.MILLIS);
    remember(last, false);
    broker.onSubscribe = topic -> 0;
    try (Intake intake = intake(null)) {
      await()
          .atMost(SOON)
          .until(
              () ->
                  answer(intake, Intake.TOPIC)
                      .equals(Optional.of(IntakeStatus.SubscriptionState.REFUSED)));
      broker.clients.get(0).publish(1, Intake.TOPIC, Intake.message(1));
      await().atMost(SOON).until(() -> intake.delivered.equals(List.of(1)));
    }
    assertEquals(
        last.toEpochMilli(),
        new ObjectMapper()
            .readTree(data.resolve("session.json").toFile())
            .path("lastConnected")
            .asLong());
  }

  private static Optional<IntakeStatus.SubscriptionState> answer(Intake intake, String topic) {
    return intake.client().status().stream()
        .flatMap(status -> status.topics().stream())
        .filter(each -> each.topic().equals(topic))
        .map(IntakeStatus.Topic::state)
        .findAny();
  }

  @Test
  void unsubscribesATopicThatIsNoLongerWantedAlsoAfterARestart() throws Exception {
    try (Intake intake = intake(null)) {
      intake.want(Intake.TOPIC, "t/device/a", "t/device/b");
      await()
          .atMost(SOON)
          .until(
              () ->
                  !broker.clients.isEmpty()
                      && broker.clients.get(0).subscribed.contains("t/device/b"));
      intake.want(Intake.TOPIC, "t/device/b");
      await()
          .atMost(SOON)
          .until(() -> broker.clients.get(0).unsubscribed.equals(List.of("t/device/a")));
    }
    try (Intake intake = intake(null)) {
      await()
          .atMost(SOON)
          .until(
              () ->
                  broker.clients.size() == 2
                      && broker.clients.get(1).unsubscribed.equals(List.of("t/device/b"))
                      && broker.clients.get(1).subscribed.contains(Intake.TOPIC));
    }
  }

  @Test
  void reportsAGapAfterAnAbsenceLongerThanTheRetention() throws Exception {
    Instant last = Instant.now().minus(Duration.ofMinutes(181)).truncatedTo(ChronoUnit.MILLIS);
    remember(last, false);
    try (Intake intake = intake(null)) {
      await().atMost(SOON).until(() -> intake.gaps.size() == 1);
      JsonNode data = new ObjectMapper().readTree(intake.gaps.get(0)).path("data");
      assertEquals(last, Instant.parse(data.path("from").asText()));
      assertTrue(Instant.parse(data.path("to").asText()).isAfter(last.plusSeconds(10_860)));
      assertEquals(180, data.path("retentionPeriodMinutes").asInt());
    }
    try (Intake intake = intake(null)) {
      deliversAnd(intake, 1, "no gap a second time");
    }
  }

  @Test
  void reportsNoGapAfterAnAbsenceWithinTheRetention() throws Exception {
    remember(Instant.now().minus(Duration.ofMinutes(179)), true);
    broker.onSession = n -> true;
    try (Intake intake = intake(null)) {
      deliversAnd(intake, 0, "no gap");
    }
  }

  @Test
  void reportsAGapWhenTheServiceHasForgottenTheSession() throws Exception {
    broker.onSession = n -> n == 0;
    try (Intake intake = intake(null)) {
      subscribed(0).cut();
      await().atMost(SOON).until(() -> intake.gaps.size() == 1);
      assertTrue(intake.gaps.get(0).contains("forgotten"), intake.gaps.get(0));
    }
  }

  @Test
  void reportsNoGapIfTheServiceNeverReportsSessions() throws Exception {
    try (Intake intake = intake(null)) {
      subscribed(0).cut();
      deliversAnd(intake, 1, "no gap");
    }
  }

  @Test
  void leavesTheSessionToAnotherClientThatHasItsIdAndSaysSo() throws Exception {
    try (RecordedLog log = new RecordedLog();
        Intake intake = intake(null)) {
      for (int i = 0; i < 5; i++) {
        ScriptedBroker.Client client = subscribed(i);
        client.publish(1, Intake.TOPIC, Intake.message(i));
        int seq = i;
        await().atMost(SOON).until(() -> intake.delivered.contains(seq));
        client.cut();
      }
      await()
          .atMost(SOON)
          .until(
              () ->
                  log.lines(Level.ERROR).stream()
                      .anyMatch(line -> line.contains("client id relay-under-test")));
      assertEquals(5, broker.clients.size());
    }
  }

  @Test
  void reconnectsAfterAProgrammingError() throws Exception {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(false);
    Dialer dialer = new Dialer(broker.url(), keys.client(data), Optional.empty());
    InFlightLimit window = new InFlightLimit(10, 1 << 20);
    Platform platform = new MovedTime().platform();
    IntakeMeters meters = new IntakeMeters(new SimpleMeterRegistry(), Tags.empty());
    Dispatcher dispatcher = new Dispatcher(null, window, meters, platform);
    AtomicInteger reconnects = new AtomicInteger();
    DurableSession session =
        new DurableSession(
            broker.url(),
            dialer,
            options,
            new SessionMemory(new SessionFile(data), "test", "relay-under-test"),
            () -> true,
            window,
            dispatcher,
            gap -> {},
            () -> {
              if (reconnects.incrementAndGet() == 1) {
                throw new IllegalStateException("a fault of the program");
              }
            },
            meters,
            platform);
    dispatcher.start(session);
    session.start();
    try {
      session.want(Map.of(Intake.TOPIC, "device_check_in"), 180);
      subscribed(0).cut();
      subscribed(2);
      await().atMost(SOON).until(() -> session.status().state() == IntakeStatus.State.CONNECTED);
      assertEquals(2, reconnects.get());
    } finally {
      session.stop(1000);
      dispatcher.stop();
    }
  }

  private void remember(Instant lastConnected, boolean sessionWasPresent) throws IOException {
    Files.writeString(
        data.resolve("session.json"),
        "{\"clientId\":\"relay-under-test\",\"lastConnected\":%d,\"sessionWasPresent\":%b}"
            .formatted(lastConnected.toEpochMilli(), sessionWasPresent));
  }

  /** A gap is stored before the time of the connection is kept, so it would come first. */
  private void deliversAnd(Intake intake, int client, String noGap) {
    long start = System.currentTimeMillis();
    ScriptedBroker.Client connected = subscribed(client);
    await()
        .atMost(Duration.ofSeconds(90))
        .until(
            () ->
                new ObjectMapper()
                        .readTree(data.resolve("session.json").toFile())
                        .path("lastConnected")
                        .asLong()
                    >= start);
    connected.publish(1, Intake.TOPIC, Intake.message(5));
    await().atMost(SOON).until(() -> intake.delivered.contains(5));
    assertEquals(List.of(), intake.gaps, noGap);
  }

  /** An intake with another route. */
  private Intake changed(ThrowingConsumer<AdviceWithRouteBuilder, Exception> change)
      throws Exception {
    return new Intake(broker.url(), keys.client(data), data, UnaryOperator.identity(), change);
  }

  private Intake intake(AsyncProcessorSupport store, String... settings) throws Exception {
    UnaryOperator<Map<String, String>> change =
        given -> {
          for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
          }
          return given;
        };
    return new Intake(
        broker.url(), keys.client(data), data, change, store == null ? r -> {} : storing(store));
  }

  /** Time passes, and the session is woken up to see it. */
  private static void passes(Intake intake, Duration duration) {
    intake.time.pass(duration);
    intake.want(Intake.TOPIC);
  }

  private void awaitClients(int number) {
    await().atMost(SOON).until(() -> broker.clients.size() >= number);
  }

  private ScriptedBroker.Client subscribed(int number) {
    await()
        .atMost(SOON)
        .until(
            () ->
                broker.clients.size() > number
                    && broker.clients.get(number).subscribed.contains(Intake.TOPIC));
    return broker.clients.get(number);
  }
}
