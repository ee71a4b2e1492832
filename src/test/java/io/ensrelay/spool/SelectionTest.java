package io.ensrelay.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.event.Event;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which events a destination gets by its settings. */
class SelectionTest {
  private static final String CHECK_IN = "device.check_in";

  private static boolean gets(String selection, String type) {
    return gets(selection, type, Map.of("deviceOs", "IOS"));
  }

  private static boolean gets(String selection, String type, Map<String, Object> more) {
    Map<String, Object> attributes = new HashMap<>(more);
    attributes.put("eventType", type);
    attributes.putIfAbsent("tenant", "acme");
    return Selection.of(selection).test(attributes);
  }

  private static void assertGetsOfResync(String selection, boolean all) {
    Event.OF_RESYNC.forEach(type -> assertEquals(all, gets(selection, type), type));
  }

  @Test
  void onlyDestinationsThatWantThemGetTheEventsOfAResync() {
    String plain = Selection.text("*", "*", false, "");
    assertTrue(gets(plain, CHECK_IN));
    assertTrue(gets(plain, Event.GAP));
    assertGetsOfResync(plain, false);

    String wants = Selection.text("*", "*", true, "");
    assertTrue(gets(wants, CHECK_IN));
    assertGetsOfResync(wants, true);
  }

  @Test
  void snapshotsAddToTheNamedEvents() {
    String both = Selection.text("device.wiped", "*", true, "");
    assertGetsOfResync(both, true);
    assertTrue(gets(both, "device.wiped"));
    assertFalse(gets(both, CHECK_IN));
  }

  @Test
  void aDestinationThatNamesSnapshotsGetsBeginningAndEndToo() {
    String named = Selection.text("device.snapshot", "*", false, "");
    assertGetsOfResync(named, true);
    assertFalse(gets(named, CHECK_IN));
    assertTrue(gets(named, Event.GAP));
  }

  @Test
  void aDestinationThatNamesTheEndOfAResyncGetsOnlyTheEnd() {
    String named = Selection.text("relay.resync.finished", "*", false, "");
    assertTrue(gets(named, Event.RESYNC_FINISHED));
    assertFalse(gets(named, Event.SNAPSHOT));
    assertFalse(gets(named, Event.RESYNC_STARTED));
  }

  @Test
  void aJmsSelectorFiltersSnapshotsAndNothingElseOfAResync() {
    String phones = Selection.text("*", "*", true, "deviceOs = 'ANDROID'");
    assertFalse(gets(phones, Event.SNAPSHOT));
    assertTrue(gets(phones, Event.SNAPSHOT, Map.of("deviceOs", "ANDROID")));
    assertTrue(gets(phones, Event.MISSING, Map.of()));
    assertTrue(gets(phones, Event.RESYNC_STARTED, Map.of()));
    assertTrue(gets(phones, Event.RESYNC_FINISHED, Map.of()));
    assertTrue(gets(phones, Event.GAP, Map.of()));
  }

  @Test
  void theResyncOfAnotherTenantIsNotSelected() {
    String acme = Selection.text("*", "acme", true, "");
    assertGetsOfResync(acme, true);
    Event.OF_RESYNC.forEach(
        type -> assertFalse(gets(acme, type, Map.of("tenant", "globex")), type));
  }

  @Test
  void aSelectionOfAnEarlierVersionKeepsItsMeaning() {
    assertTrue(gets("", CHECK_IN));
    assertTrue(gets("device.check_in@acme\ndeviceOs = 'IOS'", CHECK_IN));
    assertFalse(gets("device.check_in@globex\n", CHECK_IN));
    assertEquals(
        new Selection.Parts(List.of("a", "b"), List.of("t"), false, "x = 1"),
        Selection.parts("a,b@t\nx = 1"));
    assertEquals(new Selection.Parts(List.of(), List.of(), false, ""), Selection.parts(""));
  }

  @Test
  void saysWhatItSelects() {
    assertEquals(
        new Selection.Parts(List.of("a", "b"), List.of("t", "u"), true, "x = 1"),
        Selection.parts(Selection.text(" a , b", "t,u", true, " x = 1 ")));
    assertEquals(
        new Selection.Parts(List.of(), List.of(), false, ""),
        Selection.parts(Selection.text("*", "", false, "")));
    assertTrue(Selection.parts(Selection.text("device.snapshot", "*", false, "")).snapshots());
  }

  @Test
  void namesAnInvalidSelector() {
    String wrong = Selection.text("*", "*", false, "deviceOs =");
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> Selection.of(wrong))
            .getMessage()
            .contains("deviceOs ="));
  }
}
