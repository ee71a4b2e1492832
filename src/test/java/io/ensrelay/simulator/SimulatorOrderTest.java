package io.ensrelay.simulator;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client gets the messages of one topic in the order they were published (MQTT 3.1.1, 4.6). */
class SimulatorOrderTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int MORE_THAN_THE_WINDOW = BrokerConfiguration.IN_FLIGHT * 4;

  @TempDir Path dir;
  private Simulator simulator;
  private SSLContext tls;
  private List<String> topics;

  @BeforeEach
  void start() throws Exception {
    simulator = Simulator.start(SimulatorOptions.in(dir));
    tls = TestTls.showing(simulator.certificates().client(), simulator.certificates());
    topics = List.copyOf(simulator.topics().values());
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void keepsTheOrderOfATopicForAClientThatListens() throws Exception {
    listensWhileWePublish(topics.subList(0, 1), 9_000);
  }

  @Test
  void keepsTheOrderOfEachTopicForAClientThatListens() throws Exception {
    listensWhileWePublish(topics, 1_000);
  }

  @Test
  void keepsTheOrderOfATopicForAClientThatWasAway() throws Exception {
    wasAwayWhenWePublished(topics.subList(0, 1), MORE_THAN_THE_WINDOW);
  }

  @Test
  void keepsTheOrderOfEachTopicForAClientThatWasAway() throws Exception {
    wasAwayWhenWePublished(topics, MORE_THAN_THE_WINDOW / 2);
  }

  private void listensWhileWePublish(List<String> some, int perTopic) throws Exception {
    try (TestSubscriber subscriber = TestSubscriber.connect(simulator, tls, "listens")) {
      subscriber.subscribe(some.toArray(String[]::new));

      publish(some, perTopic);

      assertInOrder(subscriber, some, perTopic);
    }
  }

  private void wasAwayWhenWePublished(List<String> some, int perTopic) throws Exception {
    try (TestSubscriber subscriber = TestSubscriber.connect(simulator, tls, "away")) {
      subscriber.subscribe(some.toArray(String[]::new));
    }

    publish(some, perTopic);

    try (TestSubscriber subscriber = TestSubscriber.connect(simulator, tls, "away")) {
      assertInOrder(subscriber, some, perTopic);
    }
  }

  private void publish(List<String> some, int perTopic) throws IOException {
    for (int number = 0; number < perTopic; number++) {
      for (String topic : some) {
        simulator.publish(topic, Integer.toString(number).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void assertInOrder(TestSubscriber subscriber, List<String> some, int perTopic) {
    await()
        .atMost(BOUND)
        .untilAsserted(() -> assertEquals(perTopic * some.size(), subscriber.received().size()));
    Map<String, List<Integer>> numbers =
        subscriber.received().stream()
            .collect(
                groupingBy(
                    TestSubscriber.Received::topic,
                    mapping(received -> Integer.valueOf(received.text()), toList())));
    some.forEach(topic -> assertEquals(List.of(), misplaced(numbers.get(topic)), topic));
  }

  /** The places where something else than the next number stands. */
  private static List<Integer> misplaced(List<Integer> numbers) {
    return IntStream.range(0, numbers.size())
        .filter(place -> numbers.get(place) != place)
        .boxed()
        .toList();
  }
}
