package io.ensrelay.faults;

import io.ensrelay.destination.KafkaBroker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A Kafka broker in a process of its own; its topic is missing at first. */
final class KafkaReceiver implements Receiver {
  private static final String TOPIC = "ens-events";

  private final KafkaBroker broker;

  KafkaReceiver(Path dir) throws Exception {
    broker = new KafkaBroker(dir).with("auto.create.topics.enable=false");
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of("brokers", broker.brokers(), "topic", TOPIC);
  }

  @Override
  public void start() throws Exception {
    broker.start();
  }

  @Override
  public void stop() throws InterruptedException {
    broker.close();
  }

  @Override
  public void accept() throws Exception {
    broker.create(TOPIC, 4, Map.of("max.message.bytes", "300000"));
  }

  @Override
  public long count() throws Exception {
    return broker.topics().contains(TOPIC) ? broker.records(TOPIC).size() : 0;
  }

  @Override
  public Account account() throws Exception {
    Account account = new Account();
    broker.records(TOPIC).forEach(record -> account.add(record.value()));
    return account;
  }

  @Override
  public List<String> targets() throws Exception {
    return broker.topics();
  }
}
