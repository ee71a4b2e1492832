package io.ensrelay.spool.kafka;

import io.ensrelay.destination.SharedKafka;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.EventLogContract;
import io.ensrelay.spool.log.LogOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract of the log on Kafka. */
class KafkaLogContractTest extends EventLogContract {
  private static final int PARTITIONS = 3;

  @RegisterExtension static final SharedKafka KAFKA = new SharedKafka();
  private static int topics;
  private KafkaSettings settings;

  @BeforeEach
  void newTopic() {
    settings = KafkaSettings.of(KAFKA.broker().brokers(), "events" + topics++, PARTITIONS, 1);
  }

  @Override
  protected EventLog open(LogOptions options) {
    return new KafkaLog(new KafkaAccess(settings, "a"), options);
  }
}
