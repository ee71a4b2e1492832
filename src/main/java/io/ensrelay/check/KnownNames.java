package io.ensrelay.check;

import java.util.Set;

/** Names to which a misspelt one is compared. */
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

  private KnownNames() {}
}
