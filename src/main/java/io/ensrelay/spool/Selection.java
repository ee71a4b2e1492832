package io.ensrelay.spool;

import io.ensrelay.event.Event;
import io.ensrelay.spool.log.EventFilter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.selector.filter.BooleanExpression;
import org.apache.activemq.artemis.selector.filter.FilterException;
import org.apache.activemq.artemis.selector.filter.Filterable;
import org.apache.activemq.artemis.selector.impl.SelectorParser;

/**
 * The events that a destination selects. Gaps of its tenants are always selected. The events of a
 * resync are selected by {@code snapshots}, or by name; {@code device.snapshot} names all of them.
 * A JMS selector never leaves out gaps, the beginning and end of a resync, or missing devices,
 * which have no attribute but the id.
 *
 * <p>The text form, stored with the destination, is the list of {@code events}, {@code @} with the
 * list of {@code tenants}, {@code +snapshots}, a line break, and the JMS selector; empty: all
 * events, those of a resync too. The selector library is loaded for a JMS selector only.
 */
public final class Selection {
  private static final String SNAPSHOTS = "+snapshots";
  private static final Set<String> UNFILTERED =
      Set.of(Event.GAP, Event.RESYNC_STARTED, Event.RESYNC_FINISHED, Event.MISSING);

  private Selection() {}

  /**
   * @param events metadata keys or event types, comma separated; {@code *}: all
   * @param tenants names of tenants, comma separated; {@code *}: all
   * @param snapshots whether to select the events of a resync too
   * @param selector a JMS selector over the attributes; empty: all
   */
  public static String text(String events, String tenants, boolean snapshots, String selector) {
    String who = names(tenants);
    return names(events)
        + (who.isEmpty() ? "" : "@" + who)
        + (snapshots ? SNAPSHOTS : "")
        + "\n"
        + selector.strip();
  }

  /**
   * A JMS selector that leaves out late events too.
   *
   * @param selector empty: all
   */
  public static String withoutLate(String selector) {
    String onTime = Event.LATE + " IS NULL";
    return selector.isBlank() ? onTime : "(" + selector.strip() + ") AND " + onTime;
  }

  /**
   * A selection for people.
   *
   * @param events metadata keys or event types; none: all
   * @param tenants none: all
   * @param snapshots whether the events of a resync are selected too
   * @param selector a JMS selector; empty: none
   */
  public record Parts(
      List<String> events, List<String> tenants, boolean snapshots, String selector) {}

  /** Parses the text form. */
  static Parts parts(String text) {
    int line = text.indexOf('\n');
    String first = line < 0 ? text : text.substring(0, line);
    boolean snapshots = first.endsWith(SNAPSHOTS);
    String names = snapshots ? first.substring(0, first.length() - SNAPSHOTS.length()) : first;
    int at = names.indexOf('@');
    List<String> events = list(at < 0 ? names : names.substring(0, at));
    return new Parts(
        events,
        list(at < 0 ? "" : names.substring(at + 1)),
        snapshots || events.contains(Event.SNAPSHOT),
        line < 0 ? "" : text.substring(line + 1));
  }

  private static List<String> list(String names) {
    return names.isEmpty() ? List.of() : List.of(names.split(","));
  }

  private static String names(String list) {
    String names =
        Arrays.stream(list.split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.joining(","));
    return names.equals("*") ? "" : names;
  }

  /**
   * @throws IllegalArgumentException if the JMS selector is invalid
   */
  static EventFilter of(String text) {
    if (text.isEmpty()) {
      return attributes -> true;
    }
    Parts parts = parts(text);
    Named named =
        new Named(Set.copyOf(parts.events()), Set.copyOf(parts.tenants()), parts.snapshots());
    if (parts.selector().isEmpty()) {
      return named;
    }
    Expression fits = Expression.of(parts.selector());
    return attributes ->
        named.test(attributes) && (isUnfiltered(attributes) || fits.test(attributes));
  }

  private static boolean isUnfiltered(Map<String, Object> attributes) {
    return isIn(UNFILTERED, attributes.get("eventType"));
  }

  private static boolean isIn(Set<String> names, Object value) {
    return value instanceof String name && names.contains(name);
  }

  /**
   * Selects events by names.
   *
   * @param events metadata keys or event types; none: all
   * @param tenants none: all
   * @param snapshots whether to select events of a resync that are not named
   */
  private record Named(Set<String> events, Set<String> tenants, boolean snapshots)
      implements EventFilter {
    @Override
    public boolean test(Map<String, Object> attributes) {
      Object type = attributes.get("eventType");
      return (tenants.isEmpty() || isIn(tenants, attributes.get("tenant")))
          && (isIn(Event.OF_RESYNC, type)
              ? snapshots || isIn(events, type)
              : events.isEmpty()
                  || isIn(events, attributes.get("eventKey"))
                  || isIn(events, type)
                  || Event.GAP.equals(type));
    }

    @Override
    public boolean isQuick() {
      return true;
    }

    @Override
    public boolean takesAllOfTheService() {
      return events.isEmpty() && tenants.isEmpty();
    }
  }

  /** A JMS selector, evaluated by the library of the Artemis broker. */
  private record Expression(BooleanExpression parsed) {
    static Expression of(String selector) {
      try {
        return new Expression(SelectorParser.parse(selector));
      } catch (FilterException e) {
        throw new IllegalArgumentException(
            "selector=" + selector + ": is no JMS selector: " + firstLine(e), e);
      }
    }

    private static String firstLine(FilterException e) {
      return Optional.ofNullable(e.getMessage()).orElse("").lines().findFirst().orElse("");
    }

    boolean test(Map<String, Object> attributes) {
      try {
        return parsed.matches(new Attributes(attributes));
      } catch (FilterException e) {
        // for example a text compared with a number: in JMS such a comparison selects nothing
        return false;
      }
    }
  }

  private record Attributes(Map<String, Object> values) implements Filterable {
    @Override
    public <T> T getBodyAs(Class<T> type) {
      return null;
    }

    @Override
    public Object getProperty(SimpleString name) {
      return values.get(name.toString());
    }

    @Override
    public Object getLocalConnectionId() {
      return null;
    }
  }
}
