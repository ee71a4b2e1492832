package io.ensrelay.spool;

import io.ensrelay.event.Event;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQSession;
import org.apache.activemq.artemis.jms.client.JMSExceptionHelper;
import org.apache.activemq.artemis.utils.SelectorTranslator;

/**
 * The dead letters of a spool: looks at them, sends them again, drops them.
 *
 * <p>A dead letter that is sent again goes to one destination only and keeps the id of its event.
 * It leaves the dead letters in the same step that puts it before the destination, so that whatever
 * interrupts this, it is in one of the two places. Threads: safe.
 */
public final class DeadLetters {
  private static final char BEFORE_MESSAGE_ID = '~';
  private static final int TOGETHER = 100;

  /** Taken from a queue that is browsed at one time, so that a million of them need no memory. */
  private static final int COLLECTED = 1000;

  /** The next message is in memory or comes from the disk at once. */
  private static final long NEXT_MILLIS = 250;

  /** The same, where the broker has to look for it. */
  private static final long FOUND_MILLIS = 2000;

  private final Spool spool;

  /**
   * @param total how many there are that fit
   * @param items some of them, in the order they were given up
   */
  public record Page(long total, List<DeadLetter> items) {}

  public DeadLetters(Spool spool) {
    this.spool = spool;
  }

  /**
   * @param offset how many to leave out
   * @param limit how many to give at most
   */
  public Page list(DeadLetterFilter filter, int offset, int limit) throws JMSException {
    return inSession(
        session -> {
          List<DeadLetter> items = new ArrayList<>();
          AtomicLong total = new AtomicLong();
          for (String destination : destinations(filter)) {
            browse(
                session,
                destination,
                filter.selector(),
                message -> {
                  if (filter.fits(reason(message))) {
                    if (total.getAndIncrement() >= offset && items.size() < limit) {
                      items.add(letter(destination, message));
                    }
                  }
                  return true;
                });
          }
          return new Page(total.get(), items);
        });
  }

  /** The whole of one; empty: there is none of this id. */
  public Optional<DeadLetter.Whole> get(String id) throws JMSException {
    Optional<Map.Entry<String, String>> place = place(id);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    String destination = place.get().getKey();
    return inSession(
        session -> {
          AtomicReference<DeadLetter.Whole> found = new AtomicReference<>();
          browse(
              session,
              destination,
              messageIds(List.of(place.get().getValue())),
              message -> {
                found.set(whole(destination, message));
                return false;
              });
          return Optional.ofNullable(found.get());
        });
  }

  /**
   * Sends dead letters again.
   *
   * @param to the destination; empty: the one that refused each
   * @return how many of the ids were there
   * @throws IllegalArgumentException when a letter can't go there; those before it have gone
   */
  public long replay(Collection<String> ids, Optional<String> to) throws JMSException {
    return ofIds(ids, (session, destination) -> replayer(session, destination, to));
  }

  /** Sends those that fit. */
  public long replay(DeadLetterFilter filter, Optional<String> to) throws JMSException {
    return ofFilter(filter, (session, destination) -> replayer(session, destination, to));
  }

  /** Drops dead letters for good; returns how many of the ids were there. */
  public long drop(Collection<String> ids) throws JMSException {
    return ofIds(ids, (session, destination) -> message -> {});
  }

  /** Drops those that fit. */
  public long drop(DeadLetterFilter filter) throws JMSException {
    return ofFilter(filter, (session, destination) -> message -> {});
  }

  /** What is done with a message that is taken from the dead letters. */
  private interface Use {
    void use(Message message) throws JMSException;
  }

  private interface UseOf {
    Use of(Session session, String destination) throws JMSException;
  }

  private Use replayer(Session session, String from, Optional<String> to) throws JMSException {
    if (to.isEmpty() && from.equals(Spool.INTAKE)) {
      throw new IllegalArgumentException(
          "a dead letter of the intake is no event and has no destination: say which (to)");
    }
    String destination = to.orElse(from);
    requireSubscription(destination);
    // by its full name it reaches this queue and no other
    MessageProducer producer =
        session.createProducer(
            session.createTopic(Spool.EVENTS + "::" + SpoolView.queue(destination)));
    return message -> {
      if (spool.state().equals(Optional.of(Spool.State.DISK_FULL))) {
        throw new JMSException("the disk is nearly full: sent again once there is room");
      }
      producer.send(again(session, message));
    };
  }

  private void requireSubscription(String destination) throws JMSException {
    try (SpoolView view = new SpoolView(spool)) {
      List<String> known = view.backlogs().stream().map(SpoolView.Backlog::destination).toList();
      if (!known.contains(destination)) {
        throw new IllegalArgumentException(
            "there is no destination "
                + destination
                + "; known are "
                + (known.isEmpty() ? "none" : String.join(", ", known)));
      }
    }
  }

  private static Message again(Session session, Message dead) throws JMSException {
    BytesMessage message = session.createBytesMessage();
    message.writeBytes(JmsSubscription.body(dead));
    for (Map.Entry<String, Object> attribute : attributes(dead).entrySet()) {
      message.setObjectProperty(attribute.getKey(), attribute.getValue());
    }
    if (dead.propertyExists("deviceId")) {
      message.setStringProperty(EventProducer.GROUP, dead.getStringProperty("deviceId"));
    }
    return message;
  }

  private long ofIds(Collection<String> ids, UseOf use) throws JMSException {
    Map<String, List<String>> byDestination = new TreeMap<>();
    for (String id : ids) {
      place(id)
          .ifPresent(
              place ->
                  byDestination
                      .computeIfAbsent(place.getKey(), d -> new ArrayList<>())
                      .add(place.getValue()));
    }
    long done = 0;
    for (Map.Entry<String, List<String>> entry : byDestination.entrySet()) {
      done += take(entry.getKey(), entry.getValue(), use);
    }
    return done;
  }

  /** What becomes a dead letter meanwhile is not meant: it might never end. */
  private long ofFilter(DeadLetterFilter given, UseOf use) throws JMSException {
    DeadLetterFilter filter = given.until().isPresent() ? given : given.before(Instant.now());
    long done = 0;
    for (String destination : destinations(filter)) {
      long taken;
      do {
        taken = take(destination, some(destination, filter), use);
        done += taken;
      } while (taken > 0);
    }
    return done;
  }

  private List<String> some(String destination, DeadLetterFilter filter) throws JMSException {
    return inSession(
        session -> {
          List<String> ids = new ArrayList<>();
          browse(
              session,
              destination,
              filter.selector(),
              message -> {
                if (filter.fits(reason(message))) {
                  ids.add(message.getJMSMessageID());
                }
                return ids.size() < COLLECTED;
              });
          return ids;
        });
  }

  /** Takes messages from the dead letters of a destination, a hundred in one transaction. */
  private long take(String destination, List<String> messageIds, UseOf useOf) throws JMSException {
    if (messageIds.isEmpty()) {
      return 0;
    }
    long taken = 0;
    try (Connection connection = spool.connect();
        Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
      Use use = useOf.of(session, destination);
      connection.start();
      for (int from = 0; from < messageIds.size(); from += TOGETHER) {
        List<String> some = messageIds.subList(from, Math.min(messageIds.size(), from + TOGETHER));
        int left = some.size();
        try (MessageConsumer consumer =
            session.createConsumer(queue(session, destination), messageIds(some))) {
          Message message;
          while (left > 0 && (message = consumer.receive(FOUND_MILLIS)) != null) {
            use.use(message);
            left--;
            taken++;
          }
        }
        spool.requireWritten(session, List.of(Spool.EVENTS));
        session.commit();
      }
    }
    return taken;
  }

  private interface Visitor {
    /** Whether to go on. */
    boolean visit(Message message) throws JMSException;
  }

  /**
   * Looks at messages without taking them. A JMS browser would do, but with Artemis it ends before
   * the last message when there are more than fit into its window.
   */
  private static void browse(Session session, String destination, String selector, Visitor visitor)
      throws JMSException {
    ClientSession core = ((ActiveMQSession) session).getCoreSession();
    SimpleString queue = SimpleString.of(Spool.DEAD + destination);
    SimpleString filter =
        selector.isEmpty()
            ? null
            : SimpleString.of(SelectorTranslator.convertToActiveMQFilterString(selector));
    try {
      if (!core.queueQuery(queue).isExists()) {
        return;
      }
      try (ClientConsumer browser = core.createConsumer(queue, filter, true)) {
        boolean more = true;
        ClientMessage next;
        while (more && (next = browser.receive(NEXT_MILLIS)) != null) {
          ActiveMQMessage message = ActiveMQMessage.createMessage(next, core, null);
          message.doBeforeReceive();
          more = visitor.visit(message);
        }
      }
    } catch (ActiveMQException e) {
      throw JMSExceptionHelper.convertFromActiveMQException(e);
    }
  }

  private List<String> destinations(DeadLetterFilter filter) throws JMSException {
    try (SpoolView view = new SpoolView(spool)) {
      return view.deadLetters().keySet().stream()
          .filter(name -> filter.destination().map(name::equals).orElse(true))
          .toList();
    }
  }

  /** Destination and JMS message id. */
  private static Optional<Map.Entry<String, String>> place(String id) {
    int sign = id.indexOf(BEFORE_MESSAGE_ID);
    String destination = sign < 0 ? "" : id.substring(0, sign);
    return destination.matches(SpoolEndpoint.NAME)
        ? Optional.of(Map.entry(destination, "ID:" + id.substring(sign + 1)))
        : Optional.empty();
  }

  private static Queue queue(Session session, String destination) throws JMSException {
    return session.createQueue(Spool.DEAD + destination);
  }

  private static String messageIds(List<String> ids) {
    return ids.stream()
        .map(DeadLetterFilter::quoted)
        .collect(Collectors.joining(", ", "JMSMessageID IN (", ")"));
  }

  private static DeadLetter letter(String destination, Message message) throws JMSException {
    return new DeadLetter(
        destination + BEFORE_MESSAGE_ID + message.getJMSMessageID().substring("ID:".length()),
        destination,
        Instant.ofEpochMilli(message.getLongProperty("deadTime")),
        message.getIntProperty("deadAttempts"),
        reason(message),
        JmsSubscription.body(message).length,
        attributes(message),
        text(message, "deadTopic"));
  }

  private static DeadLetter.Whole whole(String destination, Message message) throws JMSException {
    DeadLetter letter = letter(destination, message);
    ((BytesMessage) message).reset();
    return new DeadLetter.Whole(
        letter,
        text(message, "deadRoute"),
        text(message, "deadException"),
        text(message, "deadStack"),
        text(message, "deadAnswer"),
        JmsSubscription.body(message));
  }

  private static String reason(Message message) throws JMSException {
    return text(message, "deadReason").orElse("");
  }

  private static Map<String, Object> attributes(Message message) throws JMSException {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (String name : Event.ATTRIBUTES) {
      Object value = message.getObjectProperty(name);
      if (value != null) {
        attributes.put(name, value);
      }
    }
    return attributes;
  }

  private static Optional<String> text(Message message, String name) throws JMSException {
    return Optional.ofNullable(message.getStringProperty(name));
  }

  private interface Question<T> {
    T ask(Session session) throws JMSException;
  }

  private <T> T inSession(Question<T> question) throws JMSException {
    try (Connection connection = spool.connect();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      connection.start();
      return question.ask(session);
    }
  }
}
