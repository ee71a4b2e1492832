package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.base.TenantAssignment;
import io.ensrelay.config.Machine;
import io.ensrelay.config.Role;
import io.ensrelay.config.Settings;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.spool.KafkaKeys;
import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.KafkaAssignment;
import io.ensrelay.spool.kafka.KafkaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a relay in a cluster: one of several on Kafka, or alone. Threads: the relay's main
 * thread.
 */
final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  private final Role role;
  private final TenantAssignment assignment;
  private final Optional<OnKafka> kafka;
  private CamelContext camel;

  private record OnKafka(KafkaAccess access, SharedSessions sessions) {}

  /**
   * @param settings already checked
   * @throws ConfigurationException if Kafka's client is missing or can't work with its properties
   */
  Cluster(Settings settings) {
    role = Role.of(settings);
    Optional<KafkaSettings> onKafka = KafkaKeys.of(settings);
    if (onKafka.isEmpty()) {
      assignment = TenantAssignment.all();
      kafka = Optional.empty();
      return;
    }
    KafkaSettings.requireClient();
    Path data = Path.of(settings.get("ens.data.dir").orElseThrow());
    KafkaAccess access = new KafkaAccess(onKafka.get(), KafkaSettings.machine(data));
    assignment = role.takes() ? new KafkaAssignment(access, this::recall) : TenantAssignment.none();
    kafka = Optional.of(new OnKafka(access, new SharedSessions(access, assignment, data)));
  }

  /** Which tenants this relay takes. */
  TenantAssignment assignment() {
    return assignment;
  }

  /** Binds the beans that the rest of the relay needs; call it before the routes start. */
  void bind(CamelContext context) {
    camel = context;
    kafka.ifPresent(
        on -> {
          context.getRegistry().bind("ensKafka", on.access().settings());
          context.getRegistry().bind("ensKafkaAccess", on.access());
          context.getRegistry().bind("ensSessions", on.sessions());
          context.getRegistry().bind("ensMachine", new Machine(on.access().machine(), role));
          LOG.info(
              "Machine {} of several on Kafka, role {}: {}",
              on.access().machine(),
              role.word(),
              on.access().settings());
        });
  }

  /** Recognizes the events that another machine stored just before. */
  private void recall() {
    try {
      camel.getComponent("spool", SpoolComponent.class).spool().recall();
    } catch (IOException e) {
      LOG.warn("Events that the service sends again may be stored twice: {}", FailureText.line(e));
    }
  }

  /** Lets others take over this relay's tenants, at once; their intakes must have stopped. */
  void release() {
    assignment.close();
  }

  @Override
  public void close() {
    assignment.close();
    kafka.ifPresent(on -> on.sessions().close());
  }
}
