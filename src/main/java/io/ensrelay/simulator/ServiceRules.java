package io.ensrelay.simulator;

import java.time.Duration;
import java.util.Objects;

/**
 * The rules of the service that a simulation may change. The constructor checks every value and
 * throws an {@link IllegalArgumentException} of one line that starts with the rule's name.
 *
 * @param retention how long the service keeps a message that no client fetches, from a second to a
 *     week; the metadata gives it in minutes, rounded up
 * @param connections the limit of simultaneous MQTT connections, 1 to 10,000
 * @param refusal how a connection over the limit is rejected
 * @param apiLag how long after its event a change of compliance appears in the REST API, at most an
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

  /** Returns the documented rules, 180 minutes and 15 connections, with five seconds of lag. */
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

  /** Returns the retention time as in the metadata. */
  long retentionMinutes() {
    return retention.plusMinutes(1).minusNanos(1).toMinutes();
  }

  private static void require(boolean holds, String rule, String value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %s %s".formatted(rule, value, wanted));
    }
  }
}
