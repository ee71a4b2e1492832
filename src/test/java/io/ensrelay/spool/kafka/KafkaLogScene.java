package io.ensrelay.spool.kafka;

import io.ensrelay.destination.SharedKafka;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.EventLogScene;
import io.ensrelay.spool.log.LogOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A topic of its own for each test, and the machines that share it. */
abstract class KafkaLogScene extends EventLogScene {
  static final int PARTITIONS = 3;

  @RegisterExtension static final SharedKafka KAFKA = new SharedKafka();
  private static int topics;
  KafkaSettings settings;

  @BeforeEach
  void newTopic() {
    settings = KafkaSettings.of(KAFKA.broker().brokers(), "events" + topics++, PARTITIONS, 1);
  }

  EventLog open(String machine, LogOptions options) {
    return new KafkaLog(new KafkaAccess(settings, machine), options);
  }

  EventLog open(String machine) {
    return open(machine, options());
  }
}
