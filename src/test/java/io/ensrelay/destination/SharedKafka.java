package io.ensrelay.destination;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.util.FileUtil;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One broker for all tests of a class; skips the class where Kafka's jars are not there. */
public final class SharedKafka implements BeforeAllCallback, AfterAllCallback {
  private Path dir;
  private KafkaBroker broker;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    assumeTrue(KafkaBroker.isThere(), "the jars of Kafka's broker are not there");
    dir = Files.createTempDirectory("kafka");
    broker = new KafkaBroker(dir).start();
  }

  public KafkaBroker broker() {
    return broker;
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (broker != null) {
      broker.close();
      FileUtil.removeDir(dir.toFile());
    }
  }
}
