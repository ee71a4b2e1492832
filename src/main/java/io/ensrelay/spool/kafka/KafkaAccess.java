package io.ensrelay.spool.kafka;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Makes clients of the spool's Kafka cluster, all with the user's properties, short time-outs and a
 * client id that names this machine and the client's purpose.
 *
 * <p>A producer waits for all in-sync replicas and is idempotent; a consumer commits nothing by
 * itself and creates no topic. Keys and values are bytes. Threads: safe; the caller closes each
 * client. Errors: {@link KafkaFailure} explains them.
 */
public final class KafkaAccess {
  private static final long ADMIN_SECONDS = 20;

  private final KafkaSettings settings;
  private final String machine;

  /**
   * @param machine name of this process among all that use the cluster, in logs and at the brokers
   * @throws ConfigurationException for a property that can't work
   */
  public KafkaAccess(KafkaSettings settings, String machine) {
    this.settings = settings;
    this.machine = machine;
    ClientProperties.check(settings);
  }

  public KafkaSettings settings() {
    return settings;
  }

  public String machine() {
    return machine;
  }

  public Admin admin(String purpose) {
    return Admin.create(ClientProperties.admin(settings, clientId(purpose)));
  }

  /**
   * @param wanted properties that differ from the usual ones; the user's replace them
   */
  public Producer<byte[], byte[]> producer(String purpose, Map<String, Object> wanted) {
    return new KafkaProducer<>(ClientProperties.producer(settings, clientId(purpose), wanted));
  }

  /**
   * @param wanted required properties, such as {@code group.id}; they replace the user's
   */
  public Consumer<byte[], byte[]> consumer(String purpose, Map<String, Object> wanted) {
    return new KafkaConsumer<>(ClientProperties.consumer(settings, clientId(purpose), wanted));
  }

  private String clientId(String purpose) {
    return "ens-relay." + machine + "." + purpose;
  }

  /**
   * Creates a topic with the configured number of replicas, of which all but one must be in sync.
   *
   * @param configuration of the topic
   * @return false: it is there already
   * @throws IOException if it can't be created; the message is for people
   */
  public boolean createMissing(String topic, int partitions, Map<String, String> configuration)
      throws IOException {
    Map<String, String> all = new TreeMap<>(configuration);
    all.put("min.insync.replicas", "" + Math.max(1, settings.replicas() - 1));
    NewTopic wanted = new NewTopic(topic, partitions, (short) settings.replicas()).configs(all);
    try (Admin admin = admin("create")) {
      if (admin.listTopics().names().get(ADMIN_SECONDS, TimeUnit.SECONDS).contains(topic)) {
        return false;
      }
      admin.createTopics(Set.of(wanted)).all().get(ADMIN_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException) {
        return false;
      }
      throw failure("can't create the topic " + topic, e);
    } catch (TimeoutException | RuntimeException e) {
      throw failure("can't create the topic " + topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("can't create the topic " + topic, e);
    }
  }

  /** A setting of a topic; empty: this user may not see it, or it can't be asked. */
  public Optional<String> configuration(String topic, String name) {
    return TopicQuestion.configuration(this, topic, name);
  }

  /** A failure of Kafka, for people, with the brokers' names. */
  public IOException failure(String what, Throwable failure) {
    return new IOException("Kafka: " + what + ": " + KafkaFailure.text(failure, settings), failure);
  }
}
