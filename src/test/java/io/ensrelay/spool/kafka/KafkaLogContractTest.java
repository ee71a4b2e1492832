package io.ensrelay.spool.kafka;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.destination.KafkaBroker;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.EventLogContract;
import io.ensrelay.spool.log.LogOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the log on Kafka. */
class KafkaLogContractTest extends EventLogContract {
  private static final int PARTITIONS = 3;

  @TempDir static Path directory;
  private static KafkaBroker broker;
  private static int topics;
  private KafkaSettings settings;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(KafkaBroker.isThere(), "the broker's jars are not there");
    broker = new KafkaBroker(directory).start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (broker != null) {
      broker.close();
    }
  }

  @BeforeEach
  void newTopic() {
    settings = KafkaSettings.of(broker.brokers(), "events" + topics++, PARTITIONS, 1);
  }

  @Override
  protected EventLog open(LogOptions options) {
    return new KafkaLog(new KafkaAccess(settings, "a"), options);
  }
}
