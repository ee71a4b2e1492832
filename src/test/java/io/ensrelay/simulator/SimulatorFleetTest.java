package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@TestInstance(Lifecycle.PER_CLASS)
class SimulatorFleetTest {
  private static final int MESSAGES = 20_000;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** What a device looks like in the vendor's example. */
  private static final Set<String> DOCUMENTED =
      Set.of(
          "compliant",
          "quarantined",
          "blocked",
          "compromised",
          "status",
          "lastCheckInTime",
          "registrationTime",
          "identifier",
          "macAddress",
          "manufacturer",
          "model",
          "os",
          "osVersion",
          "serialNumber",
          "userId",
          "userUuid",
          "iosUdid",
          "deviceGuid");

  private record Told(EventKind kind, JsonNode message) {
    List<JsonNode> devices() {
      List<JsonNode> devices = new ArrayList<>();
      message.get("devices").forEach(devices::add);
      return devices;
    }
  }

  private final List<Told> told = tell(new Fleet(50, 42));

  @Test
  void tellsTheSameStoryForTheSameSeed() {
    Fleet one = new Fleet(50, 42);
    Fleet other = new Fleet(50, 42);
    Fleet different = new Fleet(50, 43);

    for (int i = 0; i < 1000; i++) {
      FleetEvent event = one.next(START);
      assertArrayEquals(event.payload(), other.next(START).payload());
      assertNotEquals(new String(event.payload()), new String(different.next(START).payload()));
    }
  }

  @Test
  void spellsTheEventTypeOfItsTopic() {
    assertEquals("device_app_inventory_update", EventKind.APP_INVENTORY.key());
    assertEquals("device/app_inventory", EventKind.APP_INVENTORY.topicTail());
    for (Told each : told) {
      assertEquals(
          each.kind().topicTail().replace('/', '.'), each.message().get("eventType").asText());
    }
  }

  @Test
  void enrolsADeviceFirstAndRetiresOrWipesItLast() {
    lives()
        .forEach(
            (guid, life) -> {
              assertEquals(EventKind.ENROLLED, life.get(0), guid);
              assertTrue(life.size() == 1 || life.get(1) == EventKind.CHECK_IN, guid);
              for (int i = 1; i < life.size(); i++) {
                assertNotEquals(EventKind.ENROLLED, life.get(i), guid);
                assertFalse(isEnd(life.get(i - 1)), guid + " lives on after its end");
              }
            });
  }

  @Test
  void alternatesBetweenKeepingAndBreakingTheRules() {
    lives()
        .forEach(
            (guid, life) -> {
              EventKind last = EventKind.COMPLIANT;
              for (EventKind kind : life) {
                if (kind == EventKind.COMPLIANT || kind == EventKind.NOT_COMPLIANT) {
                  assertNotEquals(last, kind, guid);
                  last = kind;
                }
              }
            });
  }

  @Test
  void replacesADeviceThatHasLeft() {
    Set<String> present = new HashSet<>();
    int most = 0;
    for (Told each : told) {
      for (JsonNode device : each.devices()) {
        String guid = device.get("deviceGuid").asText();
        if (isEnd(each.kind())) {
          present.remove(guid);
        } else {
          present.add(guid);
        }
      }
      most = Math.max(most, present.size());
    }

    assertEquals(50, most);
    assertTrue(lives().size() > 100);
  }

  @Test
  void checksInMoreOftenThanAllElseTogether() {
    Map<EventKind, Long> counts =
        told.stream().collect(Collectors.groupingBy(Told::kind, Collectors.counting()));

    assertEquals(Set.of(EventKind.values()), counts.keySet());
    assertTrue(counts.get(EventKind.CHECK_IN) > MESSAGES / 2, counts.toString());
  }

  @Test
  void tellsOfOneDeviceMostlyOfSeveralNowAndThenAndRarelyOfNone() {
    Map<Integer, Long> counts =
        told.stream()
            .collect(Collectors.groupingBy(e -> e.devices().size(), Collectors.counting()));

    assertEquals(Set.of(0, 1, 2, 3, 4, 5), counts.keySet());
    assertTrue(counts.get(1) > MESSAGES * 0.9, counts.toString());
    assertTrue(counts.get(0) < MESSAGES * 0.005, counts.toString());
    long several = MESSAGES - counts.get(0) - counts.get(1);
    assertTrue(several > MESSAGES * 0.03 && several < MESSAGES * 0.06, counts.toString());
  }

  @Test
  void leavesOutWhatTheServiceLeavesOut() {
    int withoutMacAddress = 0;
    for (Told each : told) {
      for (JsonNode device : each.devices()) {
        Set<String> expected = new HashSet<>(DOCUMENTED);
        if (each.kind() == EventKind.RETIRED) {
          expected.remove("blocked");
        }
        if (each.kind() == EventKind.ENROLLED) {
          expected.remove("lastCheckInTime");
        }
        if (!device.get("os").asText().equals("IOS")) {
          expected.remove("iosUdid");
        }
        if (!device.has("macAddress")) {
          expected.remove("macAddress");
          withoutMacAddress++;
        }
        assertEquals(expected, fieldsOf(device));
      }
    }
    assertTrue(withoutMacAddress > 0 && withoutMacAddress < MESSAGES / 5);
  }

  @Test
  void tellsTheStateThatTheEventMade() {
    for (Told each : told) {
      for (JsonNode device : each.devices()) {
        String status =
            switch (each.kind()) {
              case RETIRED -> "RETIRED";
              case WIPED -> "WIPED";
              default -> "ACTIVE";
            };
        assertEquals(status, device.get("status").asText());
        if (each.kind() == EventKind.COMPLIANT || each.kind() == EventKind.NOT_COMPLIANT) {
          assertEquals(each.kind() == EventKind.COMPLIANT, device.get("compliant").asBoolean());
        }
      }
    }
  }

  @Test
  void hasDevicesOfAllPlatforms() {
    assertEquals(
        Set.of("IOS", "ANDROID", "OSX", "WINDOWS"),
        told.stream()
            .flatMap(each -> each.devices().stream())
            .map(device -> device.get("os").asText())
            .collect(Collectors.toSet()));
  }

  @Test
  void hasDevicesThatCannotBeMistakenForEachOther() {
    Fleet fleet = new Fleet(100_000, 1);
    Set<String> guids = new HashSet<>();
    int enrolled = 0;
    while (enrolled < 20_000) {
      Told event = read(fleet.next(START));
      if (event.kind() == EventKind.ENROLLED) {
        enrolled++;
        guids.add(event.devices().get(0).get("deviceGuid").asText());
      }
    }

    assertEquals(enrolled, guids.size());
  }

  @Test
  void sweepsOnlyWhatChanges() {
    Fleet fleet = new Fleet(5_000, 5_000, 1, START);
    Map<String, Boolean> known = new HashMap<>();
    for (int sweep = 0; sweep < 3; sweep++) {
      List<FleetEvent> events = fleet.sweep(0, 5_000, START);
      assertTrue(events.size() > 100 && events.size() < 400, "" + events.size());
      for (FleetEvent event : events) {
        JsonNode device = read(event).devices().get(0);
        boolean compliant = device.get("compliant").asBoolean();
        assertEquals(compliant ? EventKind.COMPLIANT : EventKind.NOT_COMPLIANT, event.kind());
        assertNotEquals(compliant, known.put(device.get("deviceGuid").asText(), compliant));
      }
    }
  }

  @Test
  void startsWithDevicesThatHaveBeenThereForAWhile() {
    FleetDirectory directory = new Fleet(100, 60, 1, START).directory();

    assertEquals(60, directory.count(Optional.of(DeviceStatus.ACTIVE)));
    for (DeviceState each :
        directory.show(directory.page(Optional.empty(), 0, 100, false), START, Duration.ZERO)) {
      assertTrue(each.registered() < START.toEpochMilli());
      assertTrue(each.lastCheckIn() > each.registered());
    }
  }

  @Test
  void letsNothingHappenToNobody() {
    Fleet fleet = new Fleet(1, 1);

    assertTrue(fleet.next(EventKind.RETIRED, START).isEmpty());
    assertTrue(fleet.next(EventKind.ENROLLED, START).isPresent());
    assertTrue(fleet.next(EventKind.ENROLLED, START).isEmpty());
    assertTrue(fleet.next(EventKind.RETIRED, START).isEmpty());
    assertTrue(fleet.next(EventKind.CHECK_IN, START).isPresent());
    assertTrue(fleet.next(EventKind.RETIRED, START).isPresent());
  }

  private Map<String, List<EventKind>> lives() {
    Map<String, List<EventKind>> lives = new HashMap<>();
    for (Told each : told) {
      for (JsonNode device : each.devices()) {
        lives
            .computeIfAbsent(device.get("deviceGuid").asText(), guid -> new ArrayList<>())
            .add(each.kind());
      }
    }
    return lives;
  }

  private static boolean isEnd(EventKind kind) {
    return kind == EventKind.RETIRED || kind == EventKind.WIPED;
  }

  private static Set<String> fieldsOf(JsonNode device) {
    Set<String> fields = new HashSet<>();
    device.fieldNames().forEachRemaining(fields::add);
    return fields;
  }

  private static List<Told> tell(Fleet fleet) {
    return IntStream.range(0, MESSAGES)
        .mapToObj(second -> read(fleet.next(START.plusSeconds(second))))
        .toList();
  }

  private static Told read(FleetEvent event) {
    try {
      return new Told(event.kind(), new ObjectMapper().readTree(event.payload()));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
