package io.ensrelay.spool;

import io.ensrelay.event.Event;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.selector.filter.BooleanExpression;
import org.apache.activemq.artemis.selector.filter.FilterException;
import org.apache.activemq.artemis.selector.filter.Filterable;
import org.apache.activemq.artemis.selector.impl.SelectorParser;

/**
 * Which events a destination selects. A gap is always among them.
 *
 * <p>Its text, which is kept with the destination, is the list of {@code events}, a line break, and
 * the JMS selector; empty: all events. Nothing of the selector's library is loaded without one.
 */
final class Selection {
  private Selection() {}

  /**
   * @param events metadata keys or event types, comma separated; {@code *}: all
   * @param selector a JMS selector over the attributes; empty: all
   */
  static String text(String events, String selector) {
    String names =
        Arrays.stream(events.split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.joining(","));
    String all = names.isEmpty() || names.equals("*") ? "" : names;
    return all.isEmpty() && selector.isBlank() ? "" : all + "\n" + selector.strip();
  }

  /**
   * @throws IllegalArgumentException when the selector can't be read
   */
  static Predicate<Map<String, Object>> of(String text) {
    int line = text.indexOf('\n');
    String events = line < 0 ? text : text.substring(0, line);
    String selector = line < 0 ? "" : text.substring(line + 1);
    Predicate<Map<String, Object>> all = attributes -> true;
    Predicate<Map<String, Object>> named = events.isEmpty() ? all : named(events);
    Predicate<Map<String, Object>> fits = selector.isEmpty() ? all : Expression.of(selector);
    return attributes ->
        Event.GAP.equals(attributes.get("eventType"))
            || (named.test(attributes) && fits.test(attributes));
  }

  private static Predicate<Map<String, Object>> named(String events) {
    Set<String> names = Set.copyOf(Arrays.asList(events.split(",")));
    return attributes ->
        isIn(names, attributes.get("eventKey")) || isIn(names, attributes.get("eventType"));
  }

  private static boolean isIn(Set<String> names, Object value) {
    return value instanceof String name && names.contains(name);
  }

  /** A JMS selector, by the library of the broker that once held the events. */
  private record Expression(BooleanExpression parsed) implements Predicate<Map<String, Object>> {
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

    @Override
    public boolean test(Map<String, Object> attributes) {
      try {
        return parsed.matches(new Attributes(attributes));
      } catch (FilterException e) {
        // such as a text compared with a number: JMS says that this selects nothing
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
