package io.ensrelay.console;

import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.intake.ResyncProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The state of the relay, as {@code GET /api/status} answers it: the names are those of the JSON.
 * Counters count since the start of the process. Null in the JSON: it is not known.
 *
 * @param machine this one among several; null: the event log is on the disk of the only one
 * @param tenant the only tenant's name; empty: there is a folder of tenants
 * @param connection of several tenants: the one that needs attention most; its topics; the
 *     reconnects of all
 * @param metadata of the tenant that needs attention most
 * @param certificate the one that expires first
 * @param gap the last one of any tenant
 * @param intake over all tenants
 * @param tenants those that need attention first
 * @param deadLetters how many there are, by destination
 */
record Status(
    String version,
    Optional<Machine> machine,
    String tenant,
    Instant started,
    Instant now,
    Overall overall,
    Optional<Connection> connection,
    Optional<Metadata> metadata,
    Optional<Certificate> certificate,
    Optional<Gap> gap,
    Spool spool,
    Intake intake,
    Events events,
    List<Tenant> tenants,
    Routes routes,
    List<Destination> destinations,
    Optional<Map<String, Long>> deadLetters) {

  /**
   * @param role all, intake or delivery
   */
  record Machine(String name, String role) {}

  /** The changes that live editing can't put into effect. */
  record Routes(List<RouteProblems.Problem> problems, List<String> restartNeeded) {}

  /**
   * The state of the whole: the worst of connection or tenants, spool, route files and
   * destinations.
   *
   * @param state ok, warning or failed
   * @param reason why, in a sentence
   */
  record Overall(String state, String reason) {}

  /**
   * @param state connected, connecting, waiting or stopped, as its connection; failed: it can't run
   *     as it is configured; elsewhere: another process takes its events
   * @param level ok, warning or failed
   * @param reason why it needs attention
   * @param since when the state began
   * @param received messages
   * @param unconfirmed messages that are not stored yet
   * @param events stored
   */
  record Tenant(
      String name,
      String state,
      String level,
      Optional<String> reason,
      Instant since,
      Optional<TenantConnection> connection,
      TenantTopics topics,
      Optional<TenantMetadata> metadata,
      Optional<Certificate> certificate,
      Optional<Gap> gap,
      Optional<Resync> resync,
      long received,
      int unconfirmed,
      long events) {}

  /**
   * The present resync of a tenant, or its last one.
   *
   * @param phase comparing, reading, checking, finished or stopped
   * @param to the only destination that gets the events; null: all that want snapshots
   * @param pass of the reading, from 1
   * @param read devices, each counted once
   * @param expected devices that the service counts; null: not known
   * @param done the part of the devices that has been read, 0 to 1; null: not known
   * @param sent snapshots stored
   * @param unchanged devices in their last known state
   * @param dropped snapshots not stored, because a newer event of their device is stored
   * @param missing devices that the service no longer knows
   * @param calls to the service
   * @param leftSeconds time it may still take
   * @param trouble why the last call failed
   * @param next when the next one is made after that
   * @param incomplete why it has not seen all devices
   */
  record Resync(
      String run,
      String phase,
      String reason,
      List<String> statuses,
      Optional<String> to,
      Instant started,
      Optional<Instant> finished,
      int pass,
      long read,
      Optional<Long> expected,
      Optional<Double> done,
      long sent,
      long unchanged,
      long dropped,
      long missing,
      long calls,
      Optional<Long> leftSeconds,
      Optional<String> trouble,
      Optional<Instant> next,
      Optional<String> incomplete) {

    static Resync of(ResyncProgress run) {
      Optional<Long> expected = run.expected() > 0 ? Optional.of(run.expected()) : Optional.empty();
      return new Resync(
          run.run(),
          run.phase().name().toLowerCase(Locale.ROOT),
          run.reason(),
          run.statuses(),
          run.to(),
          run.started(),
          run.finished(),
          run.pass(),
          run.read(),
          expected,
          run.done(),
          run.sent(),
          run.unchanged(),
          run.dropped(),
          run.missing(),
          run.calls(),
          run.left().map(Duration::toSeconds),
          run.trouble(),
          run.next(),
          run.incomplete());
    }
  }

  record TenantConnection(String url, String clientId, long reconnects) {}

  /**
   * @param others those that are not subscribed
   */
  record TenantTopics(int wanted, int subscribed, List<Topic> others) {}

  record TenantMetadata(
      Optional<Instant> fetched, Optional<String> problem, int retentionMinutes) {}

  record Connection(
      String state,
      String url,
      String clientId,
      Instant since,
      Optional<String> problem,
      long reconnects,
      List<Topic> topics) {}

  record Topic(String key, String topic, String state, Optional<String> problem) {}

  record Metadata(
      Optional<Instant> fetched,
      Optional<String> problem,
      int retentionMinutes,
      Set<String> known) {}

  record Certificate(String subject, String issuer, Instant notAfter, long daysLeft) {}

  record Gap(Instant from, Instant to, String reason) {}

  /**
   * @param directory of the log, or its topic on Kafka
   * @param freeBytes on its disk
   * @param problem why it takes no events, if Kafka is the reason
   * @param warnings destinations whose events Kafka will delete before they are delivered
   */
  record Spool(
      String state,
      String directory,
      Optional<Long> freeBytes,
      long damagedEvents,
      Optional<String> problem,
      List<String> warnings) {}

  record Intake(
      long received, long redelivered, long acknowledged, long malformed, int unconfirmed) {}

  /**
   * @param byKey stored events by metadata key
   */
  record Events(long stored, long duplicates, Map<String, Long> byKey) {}

  /**
   * @param state ok, slow, stalled, refused or paused; without a route unused; without a relay
   *     stopped
   * @param problem why it can't deliver, the most important part first; if it is ok, what it waits
   *     for
   * @param detail the whole text behind the problem
   * @param answer the beginning of what its endpoint answered last, while it can't deliver
   * @param tries failed tries of the event that it can't deliver
   * @param next when that is tried again
   * @param dead dead letters since the start of the process
   * @param backlog events that wait
   * @param oldestSeconds the age of the oldest of them
   * @param deadLetters all kept ones
   * @param rate deliveries per second at present
   * @param drainSeconds until nothing waits at the present rate; null: the backlog does not shrink
   */
  record Destination(
      String name,
      String state,
      Optional<Instant> since,
      Optional<String> problem,
      Optional<String> detail,
      Optional<String> answer,
      Optional<Integer> tries,
      Optional<Instant> next,
      int lanes,
      long delivered,
      long retries,
      long dead,
      Optional<Long> backlog,
      Optional<Long> oldestSeconds,
      Optional<Long> deadLetters,
      Optional<Double> rate,
      Optional<Long> drainSeconds) {}
}
