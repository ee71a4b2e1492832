package io.ensrelay.spool;

import static io.ensrelay.spool.FleetEvents.NOON;
import static io.ensrelay.spool.FleetEvents.checkIn;
import static io.ensrelay.spool.FleetEvents.wiped;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.destination.SharedKafka;
import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.StoredEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two machines on one Kafka cluster, each with a table of all devices. */
class DevicesOnKafkaTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @RegisterExtension static final SharedKafka KAFKA = new SharedKafka();
  @TempDir Path dir;
  private Spool first;
  private Spool second;

  @AfterEach
  void close() throws Exception {
    first.close();
    second.close();
  }

  private Spool open(String machine) throws Exception {
    Spool spool =
        new Spool(
            dir.resolve(machine),
            Spool.Config.keepingAll("test")
                .with(Optional.of(EnumSet.allOf(DeviceField.class)))
                .on(Optional.of(KafkaSettings.of(KAFKA.broker().brokers(), "events", 2, 1))));
    spool.feedDevices(TestPlatform.REAL::thread);
    return spool;
  }

  private static void awaitStatus(Spool spool, String id, String status) {
    await()
        .atMost(SOON)
        .until(
            () ->
                spool.devices().orElseThrow().get(id).stream()
                    .anyMatch(device -> device.status().equals(Optional.of(status))));
  }

  @Test
  void eachMachineKnowsTheDevicesOfAllEventsAndMarksLateOnes() throws Exception {
    first = open("first");
    second = open("second");
    first.append(List.of(checkIn("test", "a", NOON), checkIn("test", "b", NOON)));
    second.append(List.of(wiped("test", "a", NOON + 10)));
    for (Spool spool : List.of(first, second)) {
      awaitStatus(spool, "a", "WIPED");
      awaitStatus(spool, "b", "ACTIVE");
      assertEquals(List.of(), new SpoolView(spool).backlogs());
      assertEquals(Optional.empty(), new SpoolView(spool).forget("_devices"));
    }

    // the later event was stored by the other machine
    first.append(List.of(checkIn("test", "a", NOON + 5)));
    Cursor siem = first.attach("siem", 1, "", Begin.EARLIEST);
    long late = 0;
    for (int i = 0; i < 4; i++) {
      StoredEvent event = siem.take(0, SOON.toMillis()).orElseThrow().event();
      late += Boolean.TRUE.equals(event.attributes().get(Event.LATE)) ? 1 : 0;
    }
    assertEquals(1, late);

    second.close();
    first.append(List.of(wiped("test", "b", NOON + 1)));
    second = open("second");
    awaitStatus(second, "b", "WIPED");
    Device device = second.devices().orElseThrow().get("a").get(0);
    assertTrue(second.devices().orElseThrow().history(device, 10).size() >= 3);
  }
}
