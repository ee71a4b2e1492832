package io.ensrelay.intake;

import java.time.Instant;
import java.util.Optional;

/**
 * The state of a tenant's intake in this process at one moment.
 *
 * @param tenant its name
 * @param reason why it failed, or which change of its file is not in effect, on one line without
 *     secrets
 * @param since when this state began
 */
public record TenantState(String tenant, State state, Optional<String> reason, Instant since) {
  /** The state of a tenant; {@link IntakeStatus} tells whether it is connected. */
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
