package io.ensrelay.simulator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * One action on a running simulation, at a time of a scenario or at once.
 *
 * @param at the time from the start of the scenario
 * @param action the action
 */
record Step(Duration at, Action action) {
  private static final Duration LATEST = Duration.ofDays(30);

  /** Does something; returns once it is done or in progress. */
  interface Action {
    void on(Simulator simulator);
  }

  /**
   * A step as written. {@code at} is omitted for a step to run at once; exactly one of the actions
   * is given.
   */
  record Written(
      String at,
      Double rate,
      Boolean sweep,
      String event,
      Integer count,
      String tenant,
      Fault fault,
      String clear) {

    @JsonCreator
    Written(
        @JsonProperty("at") String at,
        @JsonProperty("rate") Double rate,
        @JsonProperty("sweep") Boolean sweep,
        @JsonProperty("event") String event,
        @JsonProperty("count") Integer count,
        @JsonProperty("tenant") String tenant,
        @JsonProperty("fault") Fault fault,
        @JsonProperty("clear") String clear) {
      this.at = at;
      this.rate = rate;
      this.sweep = sweep;
      this.event = event;
      this.count = count;
      this.tenant = tenant;
      this.fault = fault;
      this.clear = clear;
    }

    Step step() {
      long given =
          Arrays.asList(rate, sweep, event, fault, clear).stream()
              .filter(each -> each != null)
              .count();
      if (given != 1) {
        throw new IllegalArgumentException("give one of rate, sweep, event, fault and clear");
      }
      if (count != null && event == null) {
        throw new IllegalArgumentException("count: belongs to event");
      }
      if (tenant != null && event == null) {
        throw new IllegalArgumentException("tenant: belongs to event, or into the fault");
      }
      return new Step(time(), action());
    }

    private Duration time() {
      Duration time;
      try {
        time = at == null ? Duration.ZERO : Durations.parse(at);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("at: " + e.getMessage(), e);
      }
      if (time.compareTo(LATEST) > 0) {
        throw new IllegalArgumentException("at: %s must be at most 30d".formatted(at));
      }
      return time;
    }

    private Action action() {
      if (rate != null) {
        SimulatorOptions.requireRate(rate);
        return simulator -> simulator.setRate(rate);
      } else if (sweep != null) {
        return simulator -> simulator.sweep();
      } else if (event != null) {
        EventKind kind = kind(event);
        int times = count == null ? 1 : count;
        Simulator.requireCount(times);
        return tenant == null
            ? simulator -> simulator.happen(kind, times)
            : simulator -> simulator.happen(simulator.tenant(tenant), kind, times);
      } else if (fault != null) {
        return simulator -> simulator.faults().set(fault);
      }
      if (!clear.equals("all")) {
        throw new IllegalArgumentException("clear: must be all");
      }
      return simulator -> simulator.faults().clear();
    }

    private static EventKind kind(String key) {
      return Arrays.stream(EventKind.values())
          .filter(kind -> kind.key().equals(key))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "event: must be one of "
                          + Arrays.stream(EventKind.values())
                              .map(EventKind::key)
                              .collect(Collectors.joining(", "))));
    }
  }
}
