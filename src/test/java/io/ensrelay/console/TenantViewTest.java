package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.intake.IntakeStatus.SubscriptionState;
import io.ensrelay.intake.ResyncProgress;
import io.ensrelay.intake.TenantState;
import io.ensrelay.service.MetadataStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TenantViewTest {
  private static final Instant NOW = Instant.parse("2026-02-27T09:36:13Z");
  private static final Instant EARLIER = NOW.minusSeconds(60);

  @Test
  void isFineWhenItIsConnectedWithAllItsTopics() {
    assertView(
        running("acme", IntakeStatus.State.CONNECTED, "", ""),
        "connected",
        TenantView.Level.OK,
        "");
  }

  @Test
  void failsWhenAFileOrTheServiceKeepsItFromRunning() {
    assertView(
        view("acme", TenantState.State.FAILED, "ens.api.url is missing"),
        "failed",
        TenantView.Level.FAILED,
        "ens.api.url is missing");
    assertView(
        starting("the event types are not known yet", "HTTP 401"),
        "waiting",
        TenantView.Level.FAILED,
        "Cannot read the event types from the service: HTTP 401");
    assertView(
        running("acme", IntakeStatus.State.WAITING, "another relay uses the client id", ""),
        "waiting",
        TenantView.Level.FAILED,
        "another relay uses the client id");
    assertView(
        new TenantView(
            state("acme", TenantState.State.RUNNING, ""),
            intake(IntakeStatus.State.CONNECTED, "", SubscriptionState.REFUSED),
            metadata(""),
            Optional.empty(),
            Optional.empty()),
        "connected",
        TenantView.Level.FAILED,
        "The service refuses the subscription to device_check_in");
  }

  @Test
  void warnsWhileItStartsOrTriesToConnect() {
    assertView(
        starting("the event types are not known yet", ""),
        "waiting",
        TenantView.Level.WARNING,
        "the event types are not known yet");
    assertView(
        running("acme", IntakeStatus.State.CONNECTING, "connection refused", ""),
        "connecting",
        TenantView.Level.WARNING,
        "connection refused");
    assertView(
        running("acme", IntakeStatus.State.CONNECTED, "", "HTTP 503"),
        "connected",
        TenantView.Level.WARNING,
        "Cannot read the event types from the service: HTTP 503");
  }

  @Test
  void warnsOfAResyncThatHasFailedForAMinute() {
    String problem = "The resync can't read the devices and tries again: HTTP 503";
    assertView(
        resyncing(ResyncProgress.Phase.READING, 61),
        "connected",
        TenantView.Level.WARNING,
        problem);
    assertView(resyncing(ResyncProgress.Phase.READING, 59), "connected", TenantView.Level.OK, "");
    assertView(resyncing(ResyncProgress.Phase.STOPPED, 61), "connected", TenantView.Level.OK, "");
  }

  /**
   * @param seconds since its calls fail
   */
  private static TenantView resyncing(ResyncProgress.Phase phase, long seconds) {
    TenantView connected = running("acme", IntakeStatus.State.CONNECTED, "", "");
    return new TenantView(
        connected.state(),
        connected.intake(),
        connected.metadata(),
        connected.certificate(),
        Optional.of(
            new ResyncProgress(
                "run",
                "by hand",
                List.of("ACTIVE"),
                Optional.empty(),
                EARLIER,
                phase,
                1,
                200,
                1000,
                0,
                200,
                0,
                0,
                2,
                Optional.of("HTTP 503"),
                Optional.of(NOW.minusSeconds(seconds)),
                Optional.of(NOW.plusSeconds(60)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty())));
  }

  @Test
  void doesNotWarnOfATenantOfAnotherProcess() {
    assertView(view("acme", TenantState.State.ELSEWHERE, ""), "elsewhere", TenantView.Level.OK, "");
  }

  @Test
  void showsTheWorstFirst() {
    List<String> names =
        Stream.of(
                running("a", IntakeStatus.State.CONNECTED, "", ""),
                running("d", IntakeStatus.State.CONNECTING, "", ""),
                view("c", TenantState.State.FAILED, "a mistake"),
                view("b", TenantState.State.FAILED, "a mistake"))
            .sorted(TenantView.worstFirst(NOW))
            .map(TenantView::name)
            .toList();

    assertEquals(List.of("b", "c", "d", "a"), names);
  }

  private static void assertView(
      TenantView view, String word, TenantView.Level level, String reason) {
    assertEquals(word, view.word());
    assertEquals(level, view.level(NOW));
    assertEquals(reason, view.reason(NOW).orElse(""));
    assertEquals(EARLIER, view.since());
  }

  private static TenantView view(String name, TenantState.State state, String reason) {
    return new TenantView(
        state(name, state, reason),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static TenantView running(
      String name, IntakeStatus.State state, String problem, String metadataProblem) {
    return new TenantView(
        state(name, TenantState.State.RUNNING, ""),
        intake(state, problem, SubscriptionState.SUBSCRIBED),
        metadata(metadataProblem),
        Optional.empty(),
        Optional.empty());
  }

  /** Without any event types. */
  private static TenantView starting(String problem, String metadataProblem) {
    return new TenantView(
        state("acme", TenantState.State.RUNNING, ""),
        intake(IntakeStatus.State.WAITING, problem, SubscriptionState.PENDING),
        Optional.of(
            new MetadataStore.Status(Optional.empty(), given(metadataProblem), 0, Set.of())),
        Optional.empty(),
        Optional.empty());
  }

  private static TenantState state(String name, TenantState.State state, String reason) {
    return new TenantState(name, state, given(reason), EARLIER);
  }

  private static Optional<IntakeStatus> intake(
      IntakeStatus.State state, String problem, SubscriptionState topic) {
    return Optional.of(
        new IntakeStatus(
            state,
            EARLIER,
            given(problem),
            "ssl://ens.example.com:8883",
            "id",
            List.of(
                new IntakeStatus.Topic(
                    "device_check_in", "device/check_in", topic, Optional.empty())),
            0,
            Optional.empty()));
  }

  private static Optional<MetadataStore.Status> metadata(String problem) {
    return Optional.of(
        new MetadataStore.Status(Optional.empty(), given(problem), 180, Set.of("device_check_in")));
  }

  private static Optional<String> given(String text) {
    return Optional.of(text).filter(each -> !each.isEmpty());
  }
}
