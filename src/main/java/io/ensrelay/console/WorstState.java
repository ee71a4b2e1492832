package io.ensrelay.console;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The state of the whole: the worst of connection or tenants, spool, route files and destinations,
 * with a sentence for why. A destination that somebody paused does not count. Threads: stateless.
 */
final class WorstState {
  private static final String FAILED = "failed";
  private static final String WARNING = "warning";

  private WorstState() {}

  /**
   * @param resync why a resync makes no progress
   */
  static Status.Overall of(
      Optional<Status.Connection> connection,
      List<Status.Tenant> tenants,
      Status.Spool spool,
      Status.Routes routes,
      List<Status.Destination> destinations,
      Optional<String> resync) {
    List<Status.Overall> found =
        Stream.of(
                spool(spool),
                tenants.isEmpty() ? connection(connection) : tenants(tenants, FAILED, "fail"),
                failing(destinations),
                tenants.isEmpty()
                    ? subscriptions(connection)
                    : tenants(tenants, WARNING, "need attention"),
                routes(routes),
                resync.flatMap(why -> warning(sentence(why))),
                slow(destinations),
                unused(destinations))
            .flatMap(Optional::stream)
            .toList();
    return found.stream()
        .filter(each -> each.state().equals(FAILED))
        .findFirst()
        .or(() -> found.stream().findFirst())
        .orElseGet(() -> well(destinations));
  }

  private static Optional<Status.Overall> spool(Status.Spool spool) {
    return switch (spool.state()) {
      case "disk-full" ->
          failed("The disk is nearly full: nothing is taken from the service until there is room.");
      case "down" ->
          failed(
              spool
                  .problem()
                  .map(
                      why ->
                          sentence(
                              "Kafka takes no events, so none is taken from the service: " + why))
                  .orElse(
                      "The spool can't write: nothing is taken from the service. The log says why."));
      default ->
          spool.warnings().stream()
              .findFirst()
              .flatMap(text -> warning(sentence("Events may be lost: " + text)));
    };
  }

  private static Optional<Status.Overall> connection(Optional<Status.Connection> connection) {
    if (connection.isEmpty()) {
      return warning("The intake has not started yet.");
    }
    String why = connection.get().problem().map(problem -> ": " + problem).orElse("");
    return switch (connection.get().state()) {
      case "connected" -> Optional.empty();
      case "connecting" -> warning(sentence("The relay connects to the service" + why));
      default -> failed(sentence("No connection to the service" + why));
    };
  }

  /**
   * @param verb that fits the other tenants, too
   */
  private static Optional<Status.Overall> tenants(
      List<Status.Tenant> tenants, String level, String verb) {
    List<Status.Tenant> such =
        tenants.stream().filter(tenant -> tenant.level().equals(level)).toList();
    if (such.isEmpty()) {
      return Optional.empty();
    }
    Status.Tenant worst = such.get(0);
    String what =
        worst.reason().orElse(worst.state().equals("connecting") ? "connects" : worst.state());
    int others = such.size() - 1;
    String more =
        others == 0
            ? ""
            : " (%s more %s)"
                .formatted(
                    others,
                    others == 1
                        ? "tenant " + (verb.equals("fail") ? "fails" : "needs attention")
                        : "tenants " + verb);
    return Optional.of(
        new Status.Overall(level, sentence("Tenant " + worst.name() + ": " + what + more)));
  }

  private static Optional<Status.Overall> failing(List<Status.Destination> destinations) {
    List<Status.Destination> failing =
        Stream.concat(in(destinations, "refused"), in(destinations, "stalled")).toList();
    if (failing.isEmpty()) {
      return Optional.empty();
    }
    Status.Destination worst = failing.get(0);
    String what = worst.state().equals("refused") ? " refuses all events" : " is stalled";
    int others = failing.size() - 1;
    String more =
        others == 0
            ? ""
            : " (%s more %s)"
                .formatted(others, others == 1 ? "destination fails" : "destinations fail");
    return failed(
        sentence(worst.name() + what + worst.problem().map(why -> ": " + why).orElse("") + more));
  }

  private static Optional<Status.Overall> subscriptions(Optional<Status.Connection> connection) {
    List<String> refused =
        connection.stream()
            .flatMap(each -> each.topics().stream())
            .filter(topic -> topic.state().equals("refused"))
            .map(Status.Topic::key)
            .toList();
    return refused.isEmpty()
        ? Optional.empty()
        : failed("The service refuses the subscription to " + String.join(", ", refused) + ".");
  }

  private static Optional<Status.Overall> routes(Status.Routes routes) {
    int mistakes = routes.problems().size();
    if (mistakes > 0) {
      return warning(
          mistakes == 1
              ? "A route file has a mistake; its change is not in effect."
              : mistakes + " route files have mistakes; their changes are not in effect.");
    }
    return routes.restartNeeded().isEmpty()
        ? Optional.empty()
        : warning("A change needs a restart: " + String.join(", ", routes.restartNeeded()) + ".");
  }

  private static Optional<Status.Overall> slow(List<Status.Destination> destinations) {
    return named(in(destinations, "slow"))
        .flatMap(
            names -> warning("Slow, a delivery has not ended for 30 s or more: " + names + "."));
  }

  private static Optional<Status.Overall> unused(List<Status.Destination> destinations) {
    return named(in(destinations, "unused"))
        .flatMap(names -> warning("No route reads " + names + ", whose events still wait."));
  }

  private static Status.Overall well(List<Status.Destination> destinations) {
    return new Status.Overall(
        "ok",
        named(in(destinations, "paused"))
            .map(names -> "Events flow; paused by hand: " + names + ".")
            .orElse("Events flow, and no destination has a problem."));
  }

  private static Stream<Status.Destination> in(
      List<Status.Destination> destinations, String state) {
    return destinations.stream().filter(each -> each.state().equals(state));
  }

  private static Optional<String> named(Stream<Status.Destination> destinations) {
    return destinations.map(Status.Destination::name).reduce((a, b) -> a + ", " + b);
  }

  private static Optional<Status.Overall> failed(String reason) {
    return Optional.of(new Status.Overall(FAILED, reason));
  }

  private static Optional<Status.Overall> warning(String reason) {
    return Optional.of(new Status.Overall(WARNING, reason));
  }

  private static String sentence(String text) {
    return text.matches("(?s).*[.?!]") ? text : text + ".";
  }
}
