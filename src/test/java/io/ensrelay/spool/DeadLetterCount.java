package io.ensrelay.spool;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.util.Collections;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;

/** The dead letters in the spool of a relay that does not run. */
public final class DeadLetterCount {
  private DeadLetterCount() {}

  public static int count(Path spool, String destination) throws Exception {
    try (SpoolBroker broker = new SpoolBroker(spool, 20_000)) {
      broker.start();
      return browse(broker.url(), "ens.dead." + destination);
    }
  }

  private static int browse(String url, String queue) throws JMSException {
    try (ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url);
        Connection connection = factory.createConnection();
        Session session = connection.createSession(Session.AUTO_ACKNOWLEDGE);
        QueueBrowser browser = session.createBrowser(session.createQueue(queue))) {
      connection.start();
      return Collections.list(browser.getEnumeration()).size();
    }
  }
}
