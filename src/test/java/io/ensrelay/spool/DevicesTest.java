package io.ensrelay.spool;

import static io.ensrelay.spool.FleetEvents.NOON;
import static io.ensrelay.spool.FleetEvents.checkIn;
import static io.ensrelay.spool.FleetEvents.wiped;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.LogEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of devices beside an event log that a process fills. */
class DevicesTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Set<DeviceField> ALL = EnumSet.allOf(DeviceField.class);

  @TempDir Path data;
  private Spool spool;

  private Spool open(Set<DeviceField> fields) throws Exception {
    spool = new Spool(data, Spool.Config.keepingAll("test").with(Optional.of(fields)));
    spool.feedDevices(TestPlatform.REAL::thread);
    return spool;
  }

  @AfterEach
  void close() throws Exception {
    if (spool != null) {
      spool.close();
    }
  }

  private void store(LogEntry... entries) throws Exception {
    spool.append(List.of(entries));
  }

  private Devices devices() {
    return spool.devices().orElseThrow();
  }

  private Device the(String id) throws Exception {
    await().atMost(SOON).until(() -> !devices().get(id).isEmpty());
    return devices().get(id).get(0);
  }

  private Device of(String tenant, String id) throws Exception {
    return devices().get(id).stream()
        .filter(device -> device.tenant().equals(tenant))
        .findFirst()
        .orElseThrow();
  }

  private void awaitType(String id, String type) {
    await()
        .atMost(SOON)
        .until(() -> devices().get(id).stream().anyMatch(d -> lastType(d).equals(type)));
  }

  private static String lastType(Device device) {
    return device.lastEvent().map(Device.LastEvent::type).orElse("");
  }

  private List<String> ids(DeviceFilter filter) throws Exception {
    return devices().list(filter, OptionalLong.empty(), 100).stream().map(Device::id).toList();
  }

  @Test
  void keepsTheStateOfTheNewestEventOfADevice() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));

    Device device = the("a");
    assertEquals(Optional.of("IOS"), device.os());
    assertEquals(Optional.of("ACTIVE"), device.status());
    assertEquals(Optional.of(true), device.compliant());
    assertEquals("DMPPK6YVG5VT", device.fields().get(DeviceField.SERIAL_NUMBER));
    assertEquals(false, device.fields().get(DeviceField.QUARANTINED));
    assertEquals(NOON, device.fields().get(DeviceField.LAST_CHECK_IN_TIME));
    assertNull(device.fields().get(DeviceField.BLOCKED));
    assertEquals(
        Optional.of(
            new Device.LastEvent(
                "device.check_in", Instant.ofEpochMilli(NOON), Instant.ofEpochMilli(NOON + 1))),
        device.lastEvent());
  }

  @Test
  void keepsAFieldThatALaterEventLeavesOut() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));
    the("a");
    store(wiped("test", "a", NOON + 1000));
    awaitType("a", "device.wiped");

    Device device = the("a");
    assertEquals(Optional.of("WIPED"), device.status());
    assertEquals(Optional.of(false), device.compliant());
    assertEquals(Optional.of("IOS"), device.os());
    assertEquals("DMPPK6YVG5VT", device.fields().get(DeviceField.SERIAL_NUMBER));
    assertEquals(Instant.ofEpochMilli(NOON), device.lastSeen());
  }

  @Test
  void keepsTheStateOfTheLaterEventWhicheverIsStoredFirst() throws Exception {
    open(ALL);
    store(wiped("test", "a", NOON + 1000), checkIn("test", "a", NOON), checkIn("test", "b", NOON));
    the("b");
    store(checkIn("test", "a", NOON + 500), checkIn("test", "c", NOON));
    the("c");

    assertEquals("device.wiped", lastType(the("a")));
    assertEquals(Optional.of("WIPED"), the("a").status());
  }

  @Test
  void keepsOnlyTheWantedFieldsAndErasesTheOthersAtAStart() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));
    assertEquals("Someone@example.com", the("a").fields().get(DeviceField.USER_ID));
    spool.close();

    open(Set.of(DeviceField.MODEL));
    await().atMost(SOON).until(() -> the("a").fields().size() == 1);
    store(checkIn("test", "b", NOON));

    assertEquals(Map.of(DeviceField.MODEL, "iPad5,3"), the("a").fields());
    assertEquals(Map.of(DeviceField.MODEL, "iPad5,3"), the("b").fields());
  }

  @Test
  void cutsALongTextAndLeavesOutALongId() throws Exception {
    open(ALL);
    LogEntry entry = checkIn("test", "x".repeat(301), NOON);
    LogEntry other = checkIn("test", "a", NOON);
    other.attributes().put("deviceStatus", "S".repeat(999));
    store(entry, other);

    assertEquals(Optional.of("S".repeat(256)), the("a").status());
    assertEquals(1, devices().count(DeviceFilter.ALL));
  }

  @Test
  void findsDevicesByTheirFields() throws Exception {
    open(ALL);
    store(
        checkIn("test", "a", NOON),
        checkIn("other", "a", NOON + 1),
        checkIn("test", "b", NOON + 2000),
        wiped("test", "c", NOON + 3000));
    the("c");

    assertEquals(List.of("a", "a", "b", "c"), ids(DeviceFilter.ALL));
    assertEquals(List.of("a"), ids(filter("other", "", "", null, "", "", null)));
    assertEquals(List.of("a", "a", "b"), ids(filter("", "ios", "", null, "", "", null)));
    assertEquals(List.of("c"), ids(filter("", "", "wiped", null, "", "", null)));
    assertEquals(List.of("c"), ids(filter("", "", "", false, "", "", null)));
    assertEquals(List.of("a", "a", "b"), ids(filter("", "", "", null, "SOMEONE@", "", null)));
    assertEquals(List.of("a", "a", "b"), ids(filter("", "", "", null, "", "dmppk6", null)));
    assertEquals(List.of("a", "a"), ids(filter("", "", "", null, "", "", NOON + 2000)));
    assertEquals(List.of(), ids(filter("", "", "", null, "x%' OR 1=1 --", "", null)));
    assertEquals(
        List.of("c", "b"),
        devices().seenLast(DeviceFilter.ALL, 2).stream().map(Device::id).toList());
  }

  private static DeviceFilter filter(
      String tenant, String os, String status, Boolean ok, String user, String text, Long before) {
    return new DeviceFilter(
        given(tenant),
        given(os),
        given(status),
        Optional.ofNullable(ok),
        given(user),
        given(text),
        Optional.ofNullable(before).map(Instant::ofEpochMilli),
        Optional.empty());
  }

  private static Optional<String> given(String text) {
    return Optional.of(text).filter(some -> !some.isEmpty());
  }

  @Test
  void pagesDoNotMoveWhileDevicesComeAndChange() throws Exception {
    open(ALL);
    LogEntry[] some =
        IntStream.range(0, 10).mapToObj(i -> unchecked("d" + i, NOON)).toArray(LogEntry[]::new);
    store(some);
    the("d9");
    List<Device> first = devices().list(DeviceFilter.ALL, OptionalLong.empty(), 4);
    store(checkIn("test", "d0", NOON + 1), checkIn("test", "new", NOON));
    the("new");

    List<Device> rest = devices().list(DeviceFilter.ALL, OptionalLong.of(first.get(3).row()), 100);
    assertEquals(
        List.of("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "new"),
        Stream.concat(first.stream(), rest.stream()).map(Device::id).toList());
  }

  private static LogEntry unchecked(String id, long time) {
    try {
      return checkIn("test", id, time);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void countsDevicesByPlatformAndState() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON), checkIn("test", "b", NOON), wiped("test", "c", NOON));
    the("c");

    assertEquals(
        List.of(
            new Devices.Count(
                "test", Optional.empty(), Optional.of("WIPED"), Optional.of(false), 1),
            new Devices.Count(
                "test", Optional.of("IOS"), Optional.of("ACTIVE"), Optional.of(true), 2)),
        devices().counts());
  }

  private LogEntry snapshot(String id, long time) throws Exception {
    return FleetEvents.ofResync("test", Event.SNAPSHOT, id, time);
  }

  @Test
  void takesTheStateOfASnapshotAndLeavesTheLastEvent() throws Exception {
    open(ALL);
    store(wiped("test", "a", NOON), snapshot("a", NOON + 1000), snapshot("new", NOON));
    the("new");

    Device device = the("a");
    assertEquals(Optional.of("ACTIVE"), device.status());
    assertEquals("DMPPK6YVG5VT", device.fields().get(DeviceField.SERIAL_NUMBER));
    assertEquals(Instant.ofEpochMilli(NOON + 1000), device.stateTime());
    assertEquals("device.wiped", lastType(device));
    assertEquals(Optional.empty(), the("new").lastEvent());
    assertEquals(NOON, the("new").lastSeen().toEpochMilli());
  }

  @Test
  void anEventThatIsOlderThanASnapshotIsTheLastEventAndLeavesTheState() throws Exception {
    open(ALL);
    store(snapshot("a", NOON + 1000));
    the("a");
    store(wiped("test", "a", NOON));
    awaitType("a", "device.wiped");
    assertEquals(Optional.of("ACTIVE"), the("a").status());
    assertEquals(Instant.ofEpochMilli(NOON + 1000), the("a").stateTime());

    store(wiped("test", "a", NOON + 1000));
    await().atMost(SOON).until(() -> the("a").status().equals(Optional.of("WIPED")));
  }

  @Test
  void snapshotsAreNotLateAndMakeNoEventLate() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON), snapshot("a", NOON + 9), checkIn("test", "a", NOON + 5));
    store(snapshot("a", NOON - 9), checkIn("test", "a", NOON + 1));

    List<Object> expected = new ArrayList<>(List.of("-", "-", "-", "-", true));
    expected.replaceAll(each -> each.equals("-") ? null : each);
    assertEquals(expected, lates("siem", 5));
  }

  @Test
  void showsADeviceThatTheServiceNoLongerKnowsAsMissingUntilItShowsUpAgain() throws Exception {
    open(ALL);
    LogEntry missing =
        FleetEvents.entry("test", "fleet-wiped.json", Event.MISSING, "a", NOON + 1000);
    store(checkIn("test", "a", NOON), missing);
    await().atMost(SOON).until(() -> the("a").status().equals(Optional.of("MISSING")));
    assertEquals("device.check_in", lastType(the("a")));
    assertEquals(List.of("a"), ids(filter("", "", "missing", null, "", "", null)));

    store(snapshot("a", NOON + 2000));
    await().atMost(SOON).until(() -> the("a").status().equals(Optional.of("ACTIVE")));
  }

  @Test
  void takesDetailsFetchedForDeliveriesUnlessAnEventIsLater() throws Exception {
    open(ALL);
    store(wiped("test", "a", NOON), checkIn("test", "forgotten", NOON));
    assertTrue(devices().forget(the("forgotten")));
    Instant asked = Instant.ofEpochMilli(NOON + 30_000);
    learn("a", "{\"osVersion\":\"18.1\",\"status\":\"ACTIVE\",\"compliant\":true}", asked);
    learn("broken", "{\"os\":\"IOS\",\"status\":", asked);
    learn("forgotten", "{\"os\":\"IOS\"}", asked);
    await().atMost(SOON).until(() -> the("a").fields().containsValue("18.1"));

    assertEquals(Optional.of("ACTIVE"), the("a").status());
    assertEquals("device.wiped", lastType(the("a")));
    assertEquals(List.of("a"), ids(DeviceFilter.ALL));

    // the service may not show the event yet
    store(wiped("test", "a", NOON + 1));
    learn("a", "{\"status\":\"ACTIVE\"}", asked);
    await().atMost(SOON).until(() -> the("a").status().equals(Optional.of("WIPED")));
  }

  private void learn(String id, String json, Instant asked) {
    devices().learned("test", id, asked, json.getBytes(StandardCharsets.UTF_8));
  }

  private List<Object> lates(String destination, int count) throws Exception {
    Cursor cursor = spool.attach(destination, 1, "", Begin.EARLIEST);
    List<Object> lates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lates.add(cursor.take(0, 10_000).orElseThrow().event().attributes().get(Event.LATE));
    }
    cursor.detach();
    return lates;
  }

  @Test
  void marksAnEventThatIsStoredAfterALaterOneOfItsDevice() throws Exception {
    open(ALL);
    Event gap =
        new EventSplitter("test")
            .event(new Gap(Instant.ofEpochMilli(1), Instant.ofEpochMilli(2), 180, "why"));
    store(checkIn("test", "a", NOON), checkIn("test", "b", NOON - 1));
    store(
        checkIn("test", "a", NOON - 5),
        checkIn("test", "a", NOON + 9),
        checkIn("test", "a", NOON + 8),
        wiped("test", "a", NOON + 9),
        checkIn("other", "a", NOON - 5),
        new LogEntry(0, gap.attributes(), gap.json(), Optional.empty()));

    List<Object> expected = new ArrayList<>(List.of("-", "-", true, "-", true, "-", "-", "-"));
    expected.replaceAll(each -> each.equals("-") ? null : each);
    assertEquals(expected, lates("siem", 8));
    assertEquals(2, devices().late());
    await().atMost(SOON).until(() -> devices().known() == 3);
  }

  @Test
  void anEventThatWasNotStoredMakesNoOtherEventLate() throws Exception {
    DeviceTimes times = new DeviceTimes();
    LogEntry first = checkIn("test", "a", NOON);
    LogEntry second = checkIn("test", "a", NOON + 1);
    times.marked(List.of(first, second), DeviceTimes.newBatch());

    // the write fails, and both come again
    assertEquals(
        List.of(first, second), times.marked(List.of(first, second), DeviceTimes.newBatch()));
  }

  @Test
  void knowsLateEventsAfterARestart() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));
    spool.close();
    open(ALL);
    store(wiped("test", "a", NOON - 1));

    List<Object> expected = new ArrayList<>();
    expected.add(null);
    expected.add(true);
    assertEquals(expected, lates("siem", 2));
  }

  @Test
  void catchesUpWithEventsStoredBeforeACrash() throws Exception {
    // a process that dies between the log and the table leaves the same: events without a table
    try (Spool log = new Spool(data, Spool.Config.keepingAll("test"))) {
      log.append(List.of(checkIn("test", "a", NOON), checkIn("test", "b", NOON)));
    }
    open(ALL);
    store(wiped("test", "a", NOON - 1));

    the("b");
    assertEquals("device.check_in", lastType(the("a")));
    List<Object> expected = new ArrayList<>();
    expected.add(null);
    expected.add(null);
    expected.add(true);
    assertEquals(expected, lates("siem", 3));
  }

  @Test
  void fillsANewTableFromTheLogIfItsFileIsGoneOrDamaged() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));
    the("a");
    spool.close();
    Files.write(data.resolve("devices/devices.db"), new byte[8192]);
    Files.deleteIfExists(data.resolve("devices/devices.db-wal"));

    open(ALL);
    the("a");
    spool.close();
    Files.delete(data.resolve("devices/devices.db"));
    open(ALL);

    the("a");
  }

  @Test
  void isNotADestinationAndHoldsTheLogOnlyWhileItReads() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON));
    the("a");

    assertEquals(List.of(), new SpoolView(spool).backlogs());
    assertEquals(Optional.empty(), new SpoolView(spool).forget("_devices"));
    assertEquals(List.of(), Spool.look(data, Optional.empty()).content().destinations());
    assertThrows(
        IllegalArgumentException.class,
        () -> spool.letters().replay(DeadLetterFilter.ALL, Optional.of("_devices")));
    spool.close();

    spool =
        new Spool(
            data,
            new Spool.Config(
                "test", 10, Duration.ofMillis(1), 1, Optional.empty(), Optional.empty()));
    spool.append(List.of(checkIn("test", "b", NOON)));
    await().atMost(SOON).until(() -> Spool.look(data, Optional.empty()).content().events() == 0);
    spool.close();
    open(ALL);
    store(checkIn("test", "c", NOON));

    the("c");
    assertEquals(0, spool.damaged());
    assertEquals(List.of("a", "c"), ids(DeviceFilter.ALL));
  }

  @Test
  void costsNothingWhenItIsOff() throws Exception {
    spool = new Spool(data, Spool.Config.keepingAll("test"));
    spool.feedDevices((name, work) -> fail());
    store(checkIn("test", "a", NOON), checkIn("test", "a", NOON - 1));

    assertEquals(Optional.empty(), spool.devices());
    assertFalse(Files.exists(data.resolve("devices")));
    List<Object> expected = new ArrayList<>();
    expected.add(null);
    expected.add(null);
    assertEquals(expected, lates("siem", 2));
  }

  private static Thread fail() {
    throw new AssertionError("a thread");
  }

  @Test
  void forgetsADeviceUntilItsNextEvent() throws Exception {
    open(ALL);
    store(checkIn("test", "a", NOON), checkIn("other", "a", NOON));
    the("a");
    store(checkIn("test", "a", NOON + 1));
    Device device = of("test", "a");

    assertTrue(devices().forget(device));
    assertFalse(devices().forget(device));
    store(checkIn("test", "b", NOON));
    the("b");
    assertEquals(List.of("other"), devices().get("a").stream().map(Device::tenant).toList());

    store(checkIn("test", "a", NOON + 2));
    await().atMost(SOON).until(() -> devices().get("a").size() == 2);
  }

  @Test
  void showsTheEventsOfADeviceThatTheLogStillHas() throws Exception {
    open(ALL);
    store(
        checkIn("test", "a", NOON),
        checkIn("test", "b", NOON),
        checkIn("other", "a", NOON),
        wiped("test", "a", NOON - 1),
        checkIn("test", "a", NOON + 5));
    awaitType("a", "device.check_in");
    the("b");
    Device device = of("test", "a");

    assertEquals(
        List.of("device.check_in", "device.wiped"),
        devices().history(device, 2).stream()
            .map(event -> event.attributes().get("eventType"))
            .toList());
    assertEquals(true, devices().history(device, 2).get(1).attributes().get(Event.LATE));
    assertEquals(3, devices().history(device, 100).size());
  }

  @Test
  void eventsFlowWhileTheTableCannotBeWritten() throws Exception {
    Files.createDirectories(data);
    Files.write(data.resolve("devices"), new byte[1]);
    open(ALL);
    store(checkIn("test", "a", NOON));
    Files.delete(data.resolve("devices"));

    the("a");
  }

  @Test
  void addsNoDeviceBeyondItsMemory() {
    DeviceTimes times = new DeviceTimes(0);
    for (int i = 0; i < 2000; i++) {
      times.raise(DeviceTimes.key("test", "d" + i), NOON + i);
    }

    assertEquals(716, times.size());
    assertEquals(NOON + 5, times.get(DeviceTimes.key("test", "d5")));
    assertEquals(DeviceTimes.NONE, times.get(DeviceTimes.key("test", "d1999")));
  }
}
