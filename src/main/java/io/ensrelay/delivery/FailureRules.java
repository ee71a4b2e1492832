package io.ensrelay.delivery;

import io.ensrelay.config.ValueRules;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Decides whose fault a failed delivery is: the one place for every connector.
 *
 * <p>A rule is the name of an exception, {@code HTTP 429}, {@code HTTP 5xx}, or {@code SQLState
 * 08}. Names, not classes: the jar of a connector may be absent. A failure is looked up from the
 * outside to the innermost cause; of each, the status or the SQL state decides, else the closest
 * class of its hierarchy that has a rule. The first answer counts.
 *
 * <p>When several events in a row, of different devices, were wrong and the destination accepted
 * none since, the destination counts as refusing: an unlisted case can't turn all that waits into
 * dead letters. Threads: safe once its setters have been called.
 */
public final class FailureRules {
  /** A chain of causes may have a circle. */
  private static final int MOST_CAUSES = 50;

  private final Map<String, Fault> rules = new ConcurrentHashMap<>();
  private final Map<String, Fault> ofUser = new ConcurrentHashMap<>();
  private Duration unknownFor = Duration.ofMinutes(1);
  private int wrongInARow = 10;

  /** Rules for what passes, separated by commas. */
  public void setPasses(String list) {
    put(rules, list, Fault.PASSES);
  }

  /** Rules for what the destination refuses. */
  public void setRefuses(String list) {
    put(rules, list, Fault.DESTINATION);
  }

  /** Rules for what is wrong with one event. */
  public void setWrong(String list) {
    put(rules, list, Fault.EVENT);
  }

  /** The user's rules for what passes; they go before the others. */
  public void setAlsoPasses(String list) {
    put(ofUser, list, Fault.PASSES);
  }

  public void setAlsoRefuses(String list) {
    put(ofUser, list, Fault.DESTINATION);
  }

  public void setAlsoWrong(String list) {
    put(ofUser, list, Fault.EVENT);
  }

  /** How long a failure without a rule is tried again, from the first of the event on. */
  public void setUnknownFor(Duration time) {
    unknownFor = time;
  }

  /** So many wrong events in a row, of different devices, are the destination's fault. */
  public void setWrongInARow(int events) {
    wrongInARow = events;
  }

  private static void put(Map<String, Fault> rules, String list, Fault fault) {
    for (String rule : Optional.ofNullable(list).orElse("").split(",")) {
      String clean = rule.strip().replaceAll("\\s+", " ");
      if (!clean.isEmpty()) {
        if (!ValueRules.isFailureRule(clean)) {
          throw new IllegalArgumentException(
              clean
                  + " is no rule: give the name of an exception, HTTP 429, HTTP 5xx or SQLState 08");
        }
        rules.put(clean, fault);
      }
    }
  }

  /** Whether the failure of the exchange passes. */
  public boolean passes(Exchange exchange) {
    return verdict(exchange) == Fault.PASSES;
  }

  /** Whether its destination refuses all events. */
  public boolean refuses(Exchange exchange) {
    return verdict(exchange) == Fault.DESTINATION;
  }

  /** Whether nobody knows whose fault it is, and it has not been tried for long enough. */
  public boolean isUnknown(Exchange exchange) {
    return verdict(exchange) == Fault.UNKNOWN;
  }

  private Fault verdict(Exchange exchange) {
    return verdict(Delivery.from(exchange), failure(exchange));
  }

  Fault verdict(Delivery delivery, Throwable failure) {
    return delivery.judge(failure, of(failure), unknownFor, wrongInARow);
  }

  /**
   * What a failure of several events means that were sent together. {@link Fault#EVENT}: for one of
   * them, nobody knows which. It counts for none of them.
   */
  Fault verdictTogether(Collection<Delivery> deliveries, Throwable failure) {
    Fault fault = of(failure);
    if (fault != Fault.UNKNOWN) {
      return fault;
    }
    long over = deliveries.stream().filter(each -> each.isUnknownFor(unknownFor)).count();
    return over > 0 ? Fault.EVENT : fault;
  }

  static Throwable failure(Exchange exchange) {
    Throwable thrown = exchange.getException();
    return thrown != null
        ? thrown
        : exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
  }

  /** By the rules alone. */
  Fault of(Throwable failure) {
    Throwable next = failure;
    for (int i = 0; next != null && i < MOST_CAUSES; i++) {
      Optional<Fault> fault = ofOne(next);
      if (fault.isPresent()) {
        return fault.get();
      }
      next = next.getCause();
    }
    return Fault.UNKNOWN;
  }

  private Optional<Fault> ofOne(Throwable failure) {
    return Stream.concat(codes(failure), names(failure.getClass()).stream())
        .flatMap(rule -> Stream.of(ofUser, rules).map(map -> Optional.ofNullable(map.get(rule))))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Stream<String> codes(Throwable failure) {
    if (failure instanceof HttpOperationFailedException answer) {
      int status = answer.getStatusCode();
      return Stream.of("HTTP " + status, "HTTP " + status / 100 + "xx");
    }
    if (failure instanceof SQLException sql && sql.getSQLState() != null) {
      String state = sql.getSQLState();
      return Stream.iterate(state.length(), length -> length >= 2, length -> length - 1)
          .map(length -> "SQLState " + state.substring(0, length));
    }
    return Stream.empty();
  }

  /** The class, then what it extends and implements, the closest first. */
  private static Set<String> names(Class<?> failure) {
    Set<String> names = new LinkedHashSet<>();
    Deque<Class<?>> open = new ArrayDeque<>(Set.of(failure));
    while (!open.isEmpty()) {
      Class<?> next = open.remove();
      names.add(next.getName());
      if (next.getSuperclass() != null) {
        open.add(next.getSuperclass());
      }
      open.addAll(Set.of(next.getInterfaces()));
    }
    return names;
  }
}
