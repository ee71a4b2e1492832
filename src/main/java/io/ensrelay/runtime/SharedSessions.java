package io.ensrelay.runtime;

import io.ensrelay.base.TenantAssignment;
import io.ensrelay.intake.SessionFile;
import io.ensrelay.intake.SessionStore;
import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.StateTopic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The memory of the tenants' sessions, on Kafka: a machine that takes over a session has the same
 * client id, and knows when the session was last connected. A tenant that is new to Kafka starts
 * with the memory on the disk of this machine.
 *
 * <p>Only the machine that holds a tenant writes. The first use opens the topic. Threads: safe.
 */
final class SharedSessions implements SessionStore, AutoCloseable {
  private static final String PREFIX = "session/";

  private final KafkaAccess access;
  private final TenantAssignment assignment;
  private final Path data;
  private Optional<StateTopic> topic = Optional.empty();

  /**
   * @param data the data directory of this machine
   */
  SharedSessions(KafkaAccess access, TenantAssignment assignment, Path data) {
    this.access = access;
    this.assignment = assignment;
    this.data = data;
  }

  @Override
  public Optional<byte[]> read(String tenant) throws IOException {
    StateTopic open = topic();
    // another machine may have written until a moment ago
    open.catchUp();
    Optional<String> shared = open.get(PREFIX + tenant);
    return shared.isPresent()
        ? shared.map(text -> text.getBytes(StandardCharsets.UTF_8))
        : onDisk(tenant);
  }

  private Optional<byte[]> onDisk(String tenant) throws IOException {
    for (Path each : List.of(data.resolve("tenants").resolve(tenant), data)) {
      Optional<byte[]> found = new SessionFile(each).read(tenant);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  @Override
  public void write(String tenant, byte[] session) throws IOException {
    if (!assignment.holds(tenant)) {
      throw new IOException("another machine may have taken over " + tenant);
    }
    topic().put(PREFIX + tenant, new String(session, StandardCharsets.UTF_8));
  }

  @Override
  public String place(String tenant) {
    return PREFIX + tenant + " in Kafka's topic " + access.settings().stateTopic();
  }

  private synchronized StateTopic topic() throws IOException {
    if (topic.isEmpty()) {
      topic = Optional.of(StateTopic.open(access, access.settings().stateTopic()));
    }
    return topic.get();
  }

  @Override
  public synchronized void close() {
    topic.ifPresent(StateTopic::close);
  }
}
