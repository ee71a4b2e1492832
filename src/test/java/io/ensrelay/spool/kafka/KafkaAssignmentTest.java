package io.ensrelay.spool.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.destination.KafkaBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class KafkaAssignmentTest {
  private static final Duration SESSION = Duration.ofSeconds(3);

  @TempDir static Path dir;
  private static KafkaBroker kafka;
  private static int tests;

  private final String topic = "events" + tests++;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(KafkaBroker.isThere(), "the jars of Kafka's broker");
    kafka = new KafkaBroker(dir.resolve("kafka")).with("group.min.session.timeout.ms=1000").start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (kafka != null) {
      kafka.close();
    }
  }

  private Machine machine(String name, String... tenants) throws Exception {
    return new Machine(kafka.brokers(), topic, name, SESSION, tenants);
  }

  private static Machine holder(List<Machine> machines, String tenant) {
    String line = "held " + tenant;
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> machines.stream().anyMatch(each -> each.hasSaid(line)));
    return machines.stream().filter(each -> each.hasSaid(line)).findFirst().orElseThrow();
  }

  @Test
  void everyTenantHasAPartition() {
    // a contract between versions
    assertEquals(39, KafkaAssignment.partition("default"));
    assertEquals(
        KafkaAssignment.PARTITIONS,
        IntStream.range(0, 1000)
            .map(i -> KafkaAssignment.partition("tenant" + i))
            .distinct()
            .count());
  }

  @Test
  void anotherMachineTakesOverFromOneThatIsKilled() throws Exception {
    try (Machine one = machine("one", "acme");
        Machine two = machine("two", "acme")) {
      Machine holder = holder(List.of(one, two), "acme");
      Machine other = holder == one ? two : one;
      holder.ask("acme");
      holder.await("still acme: true");
      other.ask("acme");
      other.await("still acme: false");
      other.forget();

      long since = System.nanoTime();
      holder.kill();
      other.await("held acme");

      Duration took = Duration.ofNanos(System.nanoTime() - since);
      assertTrue(took.compareTo(SESSION.plusSeconds(5)) < 0, took::toString);
    }
  }

  @Test
  void aMachineThatStopsGivesItsTenantsBackAtOnce() throws Exception {
    String[] tenants = {"a", "b", "c", "d", "e", "f", "g", "h"};
    try (Machine one = machine("one", tenants)) {
      Stream.of(tenants).forEach(each -> one.await("held " + each));
      try (Machine two = machine("two", tenants)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(40))
            .until(() -> Stream.of(tenants).anyMatch(each -> two.hasSaid("held " + each)));
        for (String each : tenants) {
          if (two.hasSaid("held " + each)) {
            assertTrue(one.hasSaid("lost " + each), each + " has two holders");
          }
        }

        one.stop();

        Stream.of(tenants).forEach(each -> two.await("held " + each));
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aMachineThatWasPausedFindsItselfReplaced() throws Exception {
    try (Machine one = machine("one", "acme")) {
      one.await("held acme");
      try (Machine two = machine("two", "acme")) {
        holder(List.of(two, one), "acme");
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> isMember(two));
        Machine holder = two.hasSaid("held acme") ? two : one;
        Machine other = holder == one ? two : one;
        other.forget();

        holder.signal("STOP");
        other.await("held acme");
        holder.ask("acme");
        holder.signal("CONT");

        holder.await("still acme: false");
        holder.await("lost acme");
        other.ask("acme");
        other.await("still acme: true");
        assertFalse(other.hasSaid("lost acme"));
      }
    }
  }

  private boolean isMember(Machine two) throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", kafka.brokers()))) {
      return admin
              .describeConsumerGroups(List.of(topic + ".intake"))
              .all()
              .get()
              .get(topic + ".intake")
              .members()
              .size()
          == 2;
    }
  }

  @Test
  void withoutKafkaNobodyHoldsATenantUntilItIsBack() throws Exception {
    try (Machine one = machine("one", "acme")) {
      one.await("held acme");
      kafka.kill();
      one.await("lost acme");
      one.forget();
      kafka.start();
      one.await("held acme");
    }
  }
}
