package io.ensrelay.console;

import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.intake.ResyncProgress;
import io.ensrelay.intake.TenantState;
import io.ensrelay.service.MetadataStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One tenant at one moment: its state in this process, and what its routes know. Immutable.
 *
 * @param intake empty while its routes do not run
 * @param resync the present one or the last
 */
record TenantView(
    TenantState state,
    Optional<IntakeStatus> intake,
    Optional<MetadataStore.Status> metadata,
    Optional<X509Certificate> certificate,
    Optional<ResyncProgress> resync) {
  private static final Duration SHORT_TROUBLE = Duration.ofMinutes(1);

  /** Whether it needs attention; the worst first. */
  enum Level {
    /** None of its events, or not all of them, arrive. */
    FAILED,
    WARNING,
    OK
  }

  /** The order for a list: tenants that need attention first, then by name. */
  static Comparator<TenantView> worstFirst(Instant now) {
    return Comparator.<TenantView, Level>comparing(each -> each.level(now))
        .thenComparing(TenantView::name);
  }

  String name() {
    return state.tenant();
  }

  /** Whether this process takes its events, or should. */
  boolean isHere() {
    return state.state() != TenantState.State.ELSEWHERE;
  }

  boolean isConnected() {
    return isRunning()
        && intake.filter(each -> each.state() == IntakeStatus.State.CONNECTED).isPresent();
  }

  /** Returns one word: of the connection if its routes run, else of the tenant. */
  String word() {
    Enum<?> word =
        isRunning()
            ? intake.map(IntakeStatus::state).orElse(IntakeStatus.State.WAITING)
            : state.state();
    return word.name().toLowerCase(Locale.ROOT);
  }

  /** Returns when that word became true. */
  Instant since() {
    return isRunning() ? intake.map(IntakeStatus::since).orElse(state.since()) : state.since();
  }

  Level level(Instant now) {
    return switch (state.state()) {
      case FAILED -> Level.FAILED;
      case STOPPED -> Level.WARNING;
      case ELSEWHERE -> Level.OK;
      case RUNNING -> running(now);
    };
  }

  /** Returns why it needs attention, on one line. */
  Optional<String> reason(Instant now) {
    if (!isHere()) {
      return state.reason();
    }
    return Stream.of(
            state.reason(),
            // without event types the session waits for them, and can't do more
            metadataProblem().filter(problem -> !knowsTypes()),
            intake.flatMap(IntakeStatus::problem),
            refusal(),
            metadataProblem(),
            expiry(now),
            resyncProblem(now))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private Level running(Instant now) {
    if (isConnected()) {
      boolean isFine = reason(now).isEmpty();
      return refusal().isPresent() ? Level.FAILED : isFine ? Level.OK : Level.WARNING;
    }
    boolean asksForTypes = !knowsTypes() && metadataProblem().isEmpty();
    boolean connects =
        intake.filter(each -> each.state() == IntakeStatus.State.CONNECTING).isPresent();
    return asksForTypes || connects ? Level.WARNING : Level.FAILED;
  }

  private boolean knowsTypes() {
    return metadata.filter(each -> !each.known().isEmpty()).isPresent();
  }

  private Optional<String> metadataProblem() {
    return metadata
        .flatMap(MetadataStore.Status::problem)
        .map(problem -> "Cannot read the event types from the service: " + problem);
  }

  private boolean isRunning() {
    return state.state() == TenantState.State.RUNNING;
  }

  private Optional<String> refusal() {
    List<String> refused =
        intake.stream()
            .flatMap(each -> each.topics().stream())
            .filter(topic -> topic.state() == IntakeStatus.SubscriptionState.REFUSED)
            .map(IntakeStatus.Topic::key)
            .toList();
    return refused.isEmpty()
        ? Optional.empty()
        : Optional.of("The service refuses the subscription to " + String.join(", ", refused));
  }

  /** Returns why its resync makes no progress; a failure shorter than a minute does not count. */
  Optional<String> resyncProblem(Instant now) {
    return resync
        .filter(run -> !run.isOver())
        .filter(
            run ->
                run.troubleSince()
                    .filter(since -> since.plus(SHORT_TROUBLE).isBefore(now))
                    .isPresent())
        .flatMap(ResyncProgress::trouble)
        .map(why -> "The resync can't read the devices and tries again: " + why);
  }

  private Optional<String> expiry(Instant now) {
    return certificate
        .map(each -> StatusReport.daysLeft(each, now))
        .filter(days -> days < Health.WARN_DAYS)
        .map(
            days ->
                days < 0
                    ? "The client certificate has expired"
                    : "The client certificate expires in " + days + " days");
  }
}
