package io.ensrelay.check;

import io.ensrelay.base.Closest;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/** Names to which a misspelt one is compared. Threads: stateless. */
final class KnownNames {
  /** Components of the jar and common ones that are not in it. */
  static final Set<String> COMPONENTS =
      Set.of(
          "activemq6",
          "amqp",
          "aws2-s3",
          "aws2-sns",
          "aws2-sqs",
          "azure-eventhubs",
          "azure-servicebus",
          "bean",
          "direct",
          "elasticsearch",
          "file",
          "ftp",
          "ftps",
          "google-pubsub",
          "http",
          "https",
          "jdbc",
          "jms",
          "kafka",
          "kamelet",
          "language",
          "log",
          "mock",
          "mongodb",
          "netty",
          "netty-http",
          "nats",
          "opensearch",
          "paho",
          "paho-mqtt5",
          "pulsar",
          "rabbitmq",
          "redis",
          "scheduler",
          "seda",
          "sftp",
          "sjms",
          "sjms2",
          "slack",
          "smtp",
          "smtps",
          "splunk-hec",
          "spool",
          "spring-rabbitmq",
          "sql",
          "stream",
          "syslog",
          "timer",
          "vertx-http",
          "vertx-websocket",
          "xslt");

  /** A longer list helps nobody. */
  private static final int LISTED = 12;

  private KnownNames() {}

  /** Returns what was probably meant by an unknown name, or else the known ones. */
  static String meant(String name, Collection<String> names) {
    return Closest.to(name, names, name.length() < 5 ? 2 : 3)
        .map(near -> "did you mean " + near + "?")
        .orElse("it has: " + list(names));
  }

  static String list(Collection<String> names) {
    String first = names.stream().sorted().limit(LISTED).collect(Collectors.joining(", "));
    return first + (names.size() > LISTED ? ", ..." : "");
  }
}
