package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.delivery.RouteProblems;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorstStateTest {
  private static final Status.Spool RUNNING =
      new Status.Spool("running", "data/spool", Optional.empty(), 0, Optional.empty(), List.of());

  private static Optional<Status.Connection> connection(String state, String problem) {
    return Optional.of(
        new Status.Connection(
            state,
            "ssl://ens.example.com:8883",
            "id",
            Instant.EPOCH,
            Optional.of(problem).filter(text -> !text.isEmpty()),
            0,
            List.of()));
  }

  private static Status.Destination destination(String name, String state, String problem) {
    return new Status.Destination(
        name,
        state,
        Optional.empty(),
        Optional.of(problem).filter(text -> !text.isEmpty()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        1,
        0,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static void assertWorst(
      String state,
      String reason,
      Optional<Status.Connection> connection,
      Status.Spool spool,
      Status.Destination... destinations) {
    assertEquals(
        new Status.Overall(state, reason),
        WorstState.of(
            connection,
            List.of(),
            spool,
            new Status.Routes(List.of(), List.of()),
            List.of(destinations),
            Optional.empty()));
  }

  @Test
  void saysThatARouteFileHasAMistakeOrNeedsARestart() {
    RouteProblems.Problem mistake =
        new RouteProblems.Problem("routes/x.camel.yaml", Optional.of(3), "no", Instant.EPOCH);
    assertEquals(
        new Status.Overall("warning", "A route file has a mistake; its change is not in effect."),
        WorstState.of(
            connection("connected", ""),
            List.of(),
            RUNNING,
            new Status.Routes(List.of(mistake), List.of("application.properties")),
            List.of(),
            Optional.empty()));
    assertEquals(
        new Status.Overall("warning", "A change needs a restart: application.properties."),
        WorstState.of(
            connection("connected", ""),
            List.of(),
            RUNNING,
            new Status.Routes(List.of(), List.of("application.properties")),
            List.of(),
            Optional.empty()));
  }

  @Test
  void warnsOfAResyncThatMakesNoProgress() {
    assertEquals(
        new Status.Overall("warning", "The resync can't read the devices: HTTP 503."),
        WorstState.of(
            connection("connected", ""),
            List.of(),
            RUNNING,
            new Status.Routes(List.of(), List.of()),
            List.of(destination("archive", "slow", "")),
            Optional.of("The resync can't read the devices: HTTP 503")));
  }

  @Test
  void isWellWhenAllAreWellOrPausedByHand() {
    assertWorst(
        "ok",
        "Events flow, and no destination has a problem.",
        connection("connected", ""),
        RUNNING,
        destination("archive", "ok", ""));
    assertWorst(
        "ok",
        "Events flow; paused by hand: siem.",
        connection("connected", ""),
        RUNNING,
        destination("siem", "paused", "paused by hand"));
  }

  @Test
  void isThatOfTheWorstDestinationBeforeAWarning() {
    assertWorst(
        "failed",
        "siem refuses all events: 401 from siem.example.com (1 more destination fails).",
        connection("connecting", ""),
        RUNNING,
        destination("helpdesk", "stalled", "503 from helpdesk.example.com"),
        destination("old", "unused", ""),
        destination("siem", "refused", "401 from siem.example.com"));
    assertWorst(
        "warning",
        "Slow, a delivery has not ended for 30 s or more: siem.",
        connection("connected", ""),
        RUNNING,
        destination("siem", "slow", ""));
    assertWorst(
        "warning",
        "No route reads old, whose events still wait.",
        connection("connected", ""),
        RUNNING,
        destination("old", "unused", ""));
  }

  @Test
  void isThatOfSpoolAndConnectionBeforeThoseOfDestinations() {
    Status.Destination stalled = destination("siem", "stalled", "503 from siem.example.com");
    assertWorst(
        "failed",
        "No connection to the service: connection refused.",
        connection("waiting", "connection refused"),
        RUNNING,
        stalled);
    assertWorst(
        "failed",
        "The disk is nearly full: nothing is taken from the service until there is room.",
        connection("waiting", "connection refused"),
        new Status.Spool(
            "disk-full", "data/spool", Optional.empty(), 0, Optional.empty(), List.of()),
        stalled);
  }

  @Test
  void namesTheWorstTenantAndCountsTheOthers() {
    assertTenants(
        "failed",
        "Tenant acme: HTTP 401 (1 more tenant fails).",
        tenant("acme", "failed", "HTTP 401"),
        tenant("globex", "failed", "connection refused"),
        tenant("initech", "warning", "connecting"),
        tenant("umbrella", "ok", ""));
    assertTenants(
        "warning",
        "Tenant acme: no event types (2 more tenants need attention).",
        tenant("acme", "warning", "no event types"),
        tenant("globex", "warning", "x"),
        tenant("initech", "warning", "x"));
    assertTenants("ok", "Events flow, and no destination has a problem.", tenant("acme", "ok", ""));
  }

  private static void assertTenants(String state, String reason, Status.Tenant... tenants) {
    assertEquals(
        new Status.Overall(state, reason),
        WorstState.of(
            connection("waiting", "of the worst"),
            List.of(tenants),
            RUNNING,
            new Status.Routes(List.of(), List.of()),
            List.of(),
            Optional.empty()));
  }

  private static Status.Tenant tenant(String name, String level, String reason) {
    return new Status.Tenant(
        name,
        "connected",
        level,
        Optional.of(reason).filter(text -> !text.isEmpty()),
        Instant.EPOCH,
        Optional.empty(),
        new Status.TenantTopics(0, 0, List.of()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0);
  }
}
