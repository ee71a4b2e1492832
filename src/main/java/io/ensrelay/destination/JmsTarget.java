package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.Optional;

/** The queue or the topic that gets the events; no header of an event can choose another. */
record JmsTarget(boolean isTopic, String name) {

  /**
   * @throws ConfigurationException unless exactly one is given
   */
  static JmsTarget of(String settings, Optional<String> queue, Optional<String> topic) {
    if (queue.isPresent() == topic.isPresent()) {
      throw new ConfigurationException(
          settings + ".queue",
          queue.isPresent() ? "there is a topic too" : "missing, and there is no topic",
          "set either a queue or a topic");
    }
    return new JmsTarget(topic.isPresent(), topic.or(() -> queue).orElseThrow());
  }

  /** Such as {@code queue:events}. */
  @Override
  public String toString() {
    return (isTopic ? "topic:" : "queue:") + name;
  }

  /**
   * @throws InvalidDestinationException if the broker does not have it and does not create it
   */
  Destination in(Session session) throws JMSException {
    try {
      return isTopic ? session.createTopic(name) : session.createQueue(name);
    } catch (JMSException e) {
      // Artemis says no more than that when there is none
      if (e.getClass().equals(JMSException.class) && e.getCause() == null) {
        throw new InvalidDestinationException(e.getMessage(), e.getErrorCode(), e);
      }
      throw e;
    }
  }
}
