package io.ensrelay.simulator;

import java.time.Duration;
import java.util.Objects;

/**
 * The rules of the service that a simulation may bend. Every value is checked here; a wrong one
 * ends in an {@link IllegalArgumentException} of one line that starts with the rule's name.
 *
 * @param retention how long a message is kept that no client fetches, from a second to a week; the
 *     metadata says it in minutes, rounded up
 * @param connections how many MQTT connections there may be at once, 1 to 10,000
 * @param refusal how one more is turned away
 * @param apiLag how long after its event a change of compliance shows in the REST side, at most an
 *     hour
 * @param serverCertificate the certificate that both sides show
 */
public record ServiceRules(
    Duration retention,
    int connections,
    Refusal refusal,
    Duration apiLag,
    ServerCertificate serverCertificate) {

  private static final Duration LONGEST_RETENTION = Duration.ofDays(7);
  private static final Duration LONGEST_LAG = Duration.ofHours(1);
  private static final int MOST_CONNECTIONS = 10_000;

  public ServiceRules {
    Objects.requireNonNull(retention, "retention");
    Objects.requireNonNull(refusal, "refusal");
    Objects.requireNonNull(apiLag, "apiLag");
    Objects.requireNonNull(serverCertificate, "serverCertificate");
    require(
        retention.compareTo(Duration.ofSeconds(1)) >= 0
            && retention.compareTo(LONGEST_RETENTION) <= 0,
        "retention",
        Durations.text(retention),
        "must be from 1s to 7d");
    require(
        connections >= 1 && connections <= MOST_CONNECTIONS,
        "connections",
        Integer.toString(connections),
        "must be from 1 to " + MOST_CONNECTIONS);
    require(
        !apiLag.isNegative() && apiLag.compareTo(LONGEST_LAG) <= 0,
        "apiLag",
        Durations.text(apiLag),
        "must be from 0s to 1h");
  }

  /** As the vendor documents them: 180 minutes, fifteen connections; five seconds of lag. */
  public static ServiceRules documented() {
    return new ServiceRules(
        Simulator.RETENTION,
        15,
        Refusal.UNAVAILABLE,
        Duration.ofSeconds(5),
        ServerCertificate.GOOD);
  }

  public ServiceRules withRetention(Duration newRetention) {
    return new ServiceRules(newRetention, connections, refusal, apiLag, serverCertificate);
  }

  public ServiceRules withConnections(int newConnections, Refusal newRefusal) {
    return new ServiceRules(retention, newConnections, newRefusal, apiLag, serverCertificate);
  }

  public ServiceRules withApiLag(Duration newApiLag) {
    return new ServiceRules(retention, connections, refusal, newApiLag, serverCertificate);
  }

  public ServiceRules withServerCertificate(ServerCertificate newCertificate) {
    return new ServiceRules(retention, connections, refusal, apiLag, newCertificate);
  }

  /** The retention time as the metadata tells it. */
  long retentionMinutes() {
    return retention.plusMinutes(1).minusNanos(1).toMinutes();
  }

  private static void require(boolean holds, String rule, String value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %s %s".formatted(rule, value, wanted));
    }
  }
}
