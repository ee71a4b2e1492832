package io.ensrelay.spool;

import io.ensrelay.FileRights;
import jakarta.jms.InvalidSelectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.api.core.ActiveMQInvalidFilterExpressionException;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.AddressInfo;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.jms.client.ActiveMQDestination;
import org.apache.activemq.artemis.utils.SelectorTranslator;

/**
 * The broker inside the JVM: Artemis, its journal under the data directory, reachable from this JVM
 * only. {@link BrokerStore} writes it and {@link BrokerSubscription} reads it from within.
 *
 * <p>A full disk never costs an event: below {@link DiskReserve} it takes no new ones ({@link
 * Spool.State#DISK_FULL}) and goes on by itself; where the disk fills in the middle of a write,
 * nothing of that counts as stored, Artemis stops ({@link Spool.State#DOWN}), and {@link #start()}
 * takes it up again.
 */
final class SpoolBroker implements AutoCloseable {
  private static final long MEGABYTE = 1 << 20;

  /** Events of one address in memory before they are only on disk. */
  private static final long MEMORY_PER_ADDRESS = 16 * MEGABYTE;

  private static final int DEVICE_GROUPS = 4096;

  /** How long the journal gathers writes before it forces them; about what a fast disk takes. */
  private static final int JOURNAL_BUFFER_NANOS = 300_000;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path directory;
  private final int rememberedIds;
  private final int serverId = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
  private final AtomicLong spareWindow = new AtomicLong(Runtime.getRuntime().maxMemory() / 32);
  private SpoolServer server;
  private IOException notStarted;
  private long triedNanos;

  /**
   * @param rememberedIds how many ids of stored events are known to drop a second copy
   */
  SpoolBroker(Path directory, int rememberedIds) {
    this.directory = directory;
    this.rememberedIds = rememberedIds;
  }

  String url() {
    return "vm://" + serverId;
  }

  /**
   * Starts Artemis when it does not run; returns once it takes connections. All lanes come here
   * when it has stopped: what did not start is tried again after a second.
   */
  synchronized void start() throws Exception {
    if (server != null && server.isActive()) {
      return;
    }
    if (notStarted != null && System.nanoTime() - triedNanos < PAUSE_NANOS) {
      throw notStarted;
    }
    close();
    FileRights.OWNER.createDirectories(directory);
    SpoolServer starting = new SpoolServer(configuration(), new DiskReserve(directory));
    server = starting;
    try {
      starting.startActive();
      closeFiles();
      starting.addAddressInfo(
          new AddressInfo(SimpleString.of(Spool.EVENTS), RoutingType.MULTICAST)
              .setAutoCreated(false));
      notStarted = null;
    } catch (Exception e) {
      close();
      triedNanos = System.nanoTime();
      notStarted = new IOException("the spool does not start: " + e.getMessage(), e);
      throw notStarted;
    }
  }

  /** Artemis makes its files with the rights of the umask; nobody else can look into the folder. */
  private void closeFiles() throws IOException {
    try {
      FileRights.tighten(directory, Files.getOwner(directory));
    } catch (UnsupportedOperationException e) {
      // a file system without owners
    }
  }

  /** How many ids of stored events are on disk. */
  int rememberedIds() {
    return rememberedIds;
  }

  /** Bytes that lanes which do not get on may have in memory beside their windows, all together. */
  AtomicLong spareWindow() {
    return spareWindow;
  }

  /** The broker, started. */
  synchronized SpoolServer running() throws Exception {
    start();
    return server;
  }

  synchronized Spool.State state() {
    if (server == null || !server.isSound()) {
      return Spool.State.DOWN;
    }
    return server.hasRoom() ? Spool.State.RUNNING : Spool.State.DISK_FULL;
  }

  /**
   * The queue of a durable subscription, made when there is none. One that has another selector
   * gets the new one and keeps what it holds; JMS would end the subscription and its backlog with
   * it.
   *
   * @throws InvalidSelectorException when the selector can't be read
   */
  Queue subscription(String destination, String selector) throws Exception {
    SpoolServer server = running();
    SimpleString filter =
        SimpleString.of(SelectorTranslator.convertToActiveMQFilterString(selector));
    try {
      Queue queue =
          server.createQueue(
              QueueConfiguration.of(
                      ActiveMQDestination.createQueueNameForSubscription(true, null, destination))
                  .setAddress(Spool.EVENTS)
                  .setRoutingType(RoutingType.MULTICAST)
                  .setFilterString(filter)
                  .setDurable(true),
              true);
      SimpleString now = queue.getFilter() == null ? null : queue.getFilter().getFilterString();
      if (!Objects.equals(now, filter)) {
        server.updateQueue(queue.getQueueConfiguration().setFilterString(filter), true);
      }
      return queue;
    } catch (ActiveMQInvalidFilterExpressionException e) {
      throw new InvalidSelectorException(e.getMessage());
    }
  }

  @Override
  public synchronized void close() throws Exception {
    if (server != null) {
      SpoolServer ending = server;
      server = null;
      ending.stop();
    }
  }

  private Configuration configuration() throws Exception {
    ConfigurationImpl configuration = new ConfigurationImpl();
    configuration.setName("ens-relay-spool-" + serverId);
    configuration.addAcceptorConfiguration("in-vm", url());
    configuration.setSecurityEnabled(false);
    configuration.setJMXManagementEnabled(false);
    configuration.setPersistenceEnabled(true);
    configuration.setJournalDirectory(directory.resolve("journal").toString());
    configuration.setBindingsDirectory(directory.resolve("bindings").toString());
    configuration.setPagingDirectory(directory.resolve("paging").toString());
    configuration.setLargeMessagesDirectory(directory.resolve("large").toString());
    configuration.setJournalLockAcquisitionTimeout(2000);
    // the disk: group commit, and a buffer that waits no longer than a fast disk takes
    configuration.setJournalType(JournalType.NIO);
    configuration.setJournalBufferTimeout_NIO(JOURNAL_BUFFER_NANOS);
    configuration.setJournalSyncNonTransactional(true);
    configuration.setJournalSyncTransactional(true);
    configuration.setJournalMinFiles(2);
    configuration.setJournalPoolFiles(4);
    configuration.setJournalCompactMinFiles(10);
    // the room on the disk is looked at before each write, and not from time to time
    configuration.setMaxDiskUsage(-1);
    // the memory of ids
    configuration.setIDCacheSize(rememberedIds);
    configuration.setPersistIDCache(true);
    configuration.setThreadPoolMaxSize(16);
    configuration.setScheduledThreadPoolMaxSize(2);
    configuration.setMessageCounterEnabled(false);
    configuration.addAddressSetting(
        "#",
        new AddressSettings()
            .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
            .setMaxSizeBytes(MEMORY_PER_ADDRESS)
            .setPageSizeBytes((int) (4 * MEGABYTE))
            .setMaxReadPageBytes((int) (8 * MEGABYTE))
            .setPrefetchPageBytes((int) (4 * MEGABYTE))
            .setMaxDeliveryAttempts(-1)
            .setRedeliveryDelay(0)
            .setDefaultGroupBuckets(DEVICE_GROUPS)
            .setAutoCreateAddresses(true)
            .setAutoCreateQueues(true)
            .setAutoDeleteAddresses(false)
            .setAutoDeleteQueues(false));
    return configuration;
  }
}
