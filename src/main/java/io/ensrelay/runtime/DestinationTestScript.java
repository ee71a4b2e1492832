package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.StandIn;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;

/**
 * The answers of the receivers in a destination test, one request after the other, and the messages
 * that they accepted. Threads: safe.
 */
final class DestinationTestScript implements StandIn {
  private static final String FILE_FAILURE =
      "org.apache.camel.component.file.GenericFileOperationFailedException";

  /** Exceptions of the receivers' clients when a receiver is away, by the beginning of its name. */
  private static final Map<String, String> AWAY =
      Map.ofEntries(
          Map.entry("kafka", "org.apache.kafka.common.errors.TimeoutException"),
          Map.entry("jms", "jakarta.jms.JMSException"),
          Map.entry("sjms", "jakarta.jms.JMSException"),
          Map.entry("sjms2", "jakarta.jms.JMSException"),
          Map.entry("activemq", "jakarta.jms.JMSException"),
          Map.entry("activemq6", "jakarta.jms.JMSException"),
          Map.entry("amqp", "jakarta.jms.JMSException"),
          Map.entry("sql", "java.sql.SQLTransientConnectionException"),
          Map.entry("jdbc", "java.sql.SQLTransientConnectionException"),
          Map.entry("archive", "java.io.IOException"),
          Map.entry("file", FILE_FAILURE),
          Map.entry("ftp", FILE_FAILURE),
          Map.entry("ftps", FILE_FAILURE),
          Map.entry("sftp", FILE_FAILURE),
          Map.entry("smb", FILE_FAILURE),
          Map.entry("smtp", "jakarta.mail.MessagingException"),
          Map.entry("smtps", "jakarta.mail.MessagingException"));

  private final Map<Integer, DestinationTestAnswer> answers;
  private final List<DestinationTestMessage> accepted = new ArrayList<>();
  private final List<String> leaks = new ArrayList<>();
  private int attempts;
  private CamelContext camel;

  DestinationTestScript(Map<Integer, DestinationTestAnswer> answers) {
    this.answers = Map.copyOf(answers);
  }

  synchronized void setCamelContext(CamelContext context) {
    camel = context;
  }

  /** The answer to the next request. */
  synchronized DestinationTestAnswer next() {
    return answers.getOrDefault(++attempts, DestinationTestAnswer.OK);
  }

  /**
   * The answer to the next request, if no connection may be made; empty: the request itself will
   * use it.
   */
  synchronized Optional<DestinationTestAnswer> nextIfRefused() {
    DestinationTestAnswer next = answers.getOrDefault(attempts + 1, DestinationTestAnswer.OK);
    boolean isRefused =
        next.kind() == DestinationTestAnswer.Kind.REFUSED
            || next.kind() == DestinationTestAnswer.Kind.THROWS;
    if (isRefused) {
      attempts++;
    }
    return isRefused ? Optional.of(next) : Optional.empty();
  }

  synchronized void accept(DestinationTestMessage message) {
    accepted.add(message);
  }

  /** Something tried to reach the network past the test's receivers. */
  synchronized void leak(String where) {
    if (!leaks.contains(where)) {
      leaks.add(where);
    }
  }

  /** The addresses that it tried to reach; empty: none. */
  synchronized Optional<String> leaks() {
    return leaks.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "something wanted to connect to "
                + String.join(", ", leaks)
                + " by itself; a test lets no connection out");
  }

  synchronized List<DestinationTestMessage> accepted() {
    return List.copyOf(accepted);
  }

  synchronized int attempts() {
    return attempts;
  }

  /** Number of listed answers that no request has used. */
  synchronized int unused() {
    return (int) answers.keySet().stream().filter(number -> number > attempts).count();
  }

  @Override
  public void take(String receiver, List<Sent> messages) throws Exception {
    DestinationTestAnswer answer = next();
    if (!answer.isOk()) {
      throw failure(receiver, answer);
    }
    for (Sent each : messages) {
      Map<String, String> headers = new LinkedHashMap<>();
      each.headers().forEach((name, value) -> headers.put(name, String.valueOf(value)));
      accept(new DestinationTestMessage(receiver, "", headers, each.body()));
    }
  }

  private Exception failure(String receiver, DestinationTestAnswer answer) {
    String scheme = receiver.replaceFirst(":.*", "");
    String name = answer.exception().orElseGet(() -> AWAY.getOrDefault(scheme, ""));
    String text = answer.body().orElseGet(() -> receiver + " is away (the test wants it)");
    Class<?> known = name.isEmpty() ? null : camel.getClassResolver().resolveClass(name);
    if (known == null && answer.exception().isPresent()) {
      return new ConfigurationException(
          "throws", name, "there is no such class", "correct it, or add its jar to lib/");
    }
    if (known != null && Exception.class.isAssignableFrom(known)) {
      try {
        return (Exception) known.getConstructor(String.class).newInstance(text);
      } catch (ReflectiveOperationException e) {
        if (answer.exception().isPresent()) {
          return new ConfigurationException(
              "throws", name, "can't be made from a text", "choose one that it extends");
        }
      }
    }
    return new ConnectException(text);
  }
}
