package io.ensrelay.spool;

import io.ensrelay.event.Event;
import io.ensrelay.spool.log.EventFilter;
import java.util.Arrays;
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
 * The events that a destination selects. Gaps are always selected.
 *
 * <p>The text form, stored with the destination, is the list of {@code events}, a line break, and
 * the JMS selector; empty: all events. The selector library is loaded for a JMS selector only.
 */
public final class Selection {
  private Selection() {}

  /**
   * @param events metadata keys or event types, comma separated; {@code *}: all
   * @param selector a JMS selector over the attributes; empty: all
   */
  public static String text(String events, String selector) {
    String names =
        Arrays.stream(events.split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.joining(","));
    String all = names.isEmpty() || names.equals("*") ? "" : names;
    return all.isEmpty() && selector.isBlank() ? "" : all + "\n" + selector.strip();
  }

  /**
   * @throws IllegalArgumentException if the JMS selector is invalid
   */
  static EventFilter of(String text) {
    int line = text.indexOf('\n');
    String events = line < 0 ? text : text.substring(0, line);
    String selector = line < 0 ? "" : text.substring(line + 1);
    Named named = new Named(Set.copyOf(Arrays.asList(events.split(","))));
    if (selector.isEmpty()) {
      return events.isEmpty() ? attributes -> true : named;
    }
    Expression fits = Expression.of(selector);
    return attributes ->
        isGap(attributes) || ((events.isEmpty() || named.has(attributes)) && fits.test(attributes));
  }

  private static boolean isGap(Map<String, Object> attributes) {
    return Event.GAP.equals(attributes.get("eventType"));
  }

  /** Metadata keys or event types. */
  private record Named(Set<String> names) implements EventFilter {
    @Override
    public boolean test(Map<String, Object> attributes) {
      return isGap(attributes) || has(attributes);
    }

    boolean has(Map<String, Object> attributes) {
      return isName(attributes.get("eventKey")) || isName(attributes.get("eventType"));
    }

    private boolean isName(Object value) {
      return value instanceof String name && names.contains(name);
    }

    @Override
    public boolean isQuick() {
      return true;
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
