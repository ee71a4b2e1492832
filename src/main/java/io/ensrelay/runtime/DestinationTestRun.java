package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.Platform;
import io.ensrelay.check.Mistake;
import io.ensrelay.check.RouteCheck;
import io.ensrelay.check.RouteFailure;
import io.ensrelay.check.RouteMistakesException;
import io.ensrelay.config.Settings;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.event.Event;
import io.ensrelay.service.Details;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/**
 * Runs one destination test: the real routes, policy and spool in a Camel context of their own,
 * until no event waits. Threads: one.
 */
final class DestinationTestRun implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final long LOOK_MILLIS = 3;

  /** A test with more would go on for ever. */
  private static final int MOST_PAUSES = 200;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Main camel = new Main();
  private final DestinationTestScript script;
  private final DestinationTestPauses pauses = new DestinationTestPauses();
  private final DestinationTestEndpoint.Replacing endpoints;
  private final RouteContext routes;
  private final Settings settings;

  /**
   * @param settings with a data directory of this test
   */
  DestinationTestRun(
      Settings settings, DestinationTestScript script, DestinationTestDetails details) {
    this.script = script;
    this.settings = settings;
    endpoints = new DestinationTestEndpoint.Replacing(script);
    routes = new RouteContext(settings, false);
    routes.prepare(camel, SimpleMeterRegistry::new);
    camel.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeInitialize(BaseMainSupport main) {
            Platform.bind(main.getCamelContext(), pauses.platform(main.getCamelContext()));
            main.getCamelContext().getRegistry().bind(StandIn.NAME, script);
            main.getCamelContext().getRegistry().bind(Details.NAME, details);
            main.getCamelContext().getCamelContextExtension().registerEndpointCallback(endpoints);
            script.setCamelContext(main.getCamelContext());
          }
        });
    camel.configure().setShutdownTimeout(1);
    camel.configure().setShutdownLogInflightExchangesOnTimeout(false);
  }

  /**
   * Sends the events and returns when each is delivered, dropped by its route, or a dead letter.
   *
   * @throws Exception if the routes can't start
   */
  DestinationTestOutcome send(List<Event> events) throws Exception {
    try {
      camel.start();
    } catch (Exception e) {
      throw explained(e);
    }
    Spool spool = camel.getCamelContext().getComponent("spool", SpoolComponent.class).spool();
    SpoolView view = new SpoolView(spool);
    Set<String> destinations = endpoints.destinations();
    // all at once, so that a batch does not depend on the time
    for (String each : destinations) {
      view.pause(each, true);
    }
    camel.getCamelTemplate().requestBody("spool:events", events);
    for (String each : destinations) {
      view.pause(each, false);
    }
    Optional<String> problem = await(spool, view);
    return new DestinationTestOutcome(
        script.accepted(), script.attempts(), dead(spool), pauses.all(), script.unused(), problem);
  }

  /** Explains a failure in the words of {@code check}, if that finds the mistake. */
  private Exception explained(Exception failure) {
    List<Mistake> mistakes =
        new RouteCheck(settings, Set::of).all().stream().filter(Mistake::isFailure).toList();
    return mistakes.isEmpty()
        ? new RouteFailure(routes.patterns())
            .problem(failure)
            .map(Exception.class::cast)
            .orElse(failure)
        : new RouteMistakesException(mistakes);
  }

  private Optional<String> await(Spool spool, SpoolView view)
      throws IOException, InterruptedException {
    long until = System.nanoTime() + LONGEST.toNanos();
    while (true) {
      if (script.leaks().isPresent()) {
        return script.leaks();
      }
      if (view.backlogs().stream().allMatch(each -> each.events() == 0)) {
        return Optional.empty();
      }
      if (pauses.all().size() > MOST_PAUSES) {
        return Optional.of("tried more than " + MOST_PAUSES + " times" + trouble(spool));
      }
      if (System.nanoTime() - until > 0) {
        return Optional.of("did not end within " + LONGEST.toSeconds() + " s" + trouble(spool));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private static String trouble(Spool spool) {
    return spool.destinations().stream()
        .flatMap(each -> each.trouble().stream())
        .findFirst()
        .map(reason -> ": " + reason)
        .orElse("");
  }

  private static List<DestinationTestOutcome.Dead> dead(Spool spool) throws IOException {
    List<DestinationTestOutcome.Dead> all = new ArrayList<>();
    for (DeadLetter letter : spool.letters().list(DeadLetterFilter.ALL, 0, 1000).items()) {
      Optional<DeadLetter.Full> full = spool.letters().get(letter.id());
      all.add(
          new DestinationTestOutcome.Dead(
              String.valueOf(letter.attributes().get("eventType")),
              letter.reason(),
              full.flatMap(DeadLetter.Full::answer),
              full.flatMap(each -> json(each.body()))));
    }
    return all;
  }

  private static Optional<JsonNode> json(byte[] body) {
    try {
      return Optional.ofNullable(JSON.readTree(body));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    camel.stop();
  }
}
