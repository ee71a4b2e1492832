package io.ensrelay.intake;

import java.time.Instant;
import java.util.Optional;

/**
 * What a tenant's intake does in this process at one moment.
 *
 * @param tenant its name
 * @param reason why it failed, on one line and without secrets; or which change of its file is not
 *     in effect
 * @param since when this state began
 */
public record TenantState(String tenant, State state, Optional<String> reason, Instant since) {
  /** What becomes of a tenant; whether it is connected, {@link IntakeStatus} says. */
  public enum State {
    /** Its routes run. */
    RUNNING,
    /** Its configuration has a mistake, or its routes do not start; it is tried again. */
    FAILED,
    /** Another process takes its events. */
    ELSEWHERE,
    /** It ends or has ended. */
    STOPPED
  }
}
