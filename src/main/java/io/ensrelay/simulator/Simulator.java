package io.ensrelay.simulator;

import java.io.IOException;
import java.net.BindException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ivanti's Event Notification Service on this machine: metadata over HTTPS, events over MQTT with
 * TLS, and a fleet of devices that makes them. It listens on the loopback address only.
 *
 * <p>A message goes out at QoS 1. A durable subscription keeps what it has not acknowledged while
 * its client is away, also across a restart on the same folder, for the retention time at most. Two
 * rules of the real service are not played: that a message is purged once one of several clients
 * has acknowledged it, and the limit of fifteen connections.
 *
 * <p>Safe for use by several threads.
 */
public final class Simulator implements AutoCloseable {
  /** How long the service keeps a message, as the vendor's metadata example has it. */
  public static final Duration RETENTION = Duration.ofMinutes(180);

  private static final Logger LOG = LoggerFactory.getLogger(Simulator.class);

  private final SimulatorOptions options;
  private final Map<String, String> topics;
  private final AtomicLong published = new AtomicLong();
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private SimulatorCertificates certificates;
  private MetadataEndpoint api;
  private SimulatedBroker broker;
  private volatile boolean closed;

  private Simulator(SimulatorOptions options) {
    this.options = options;
    topics = Collections.unmodifiableMap(EventKind.topics(options.profile(), options.tenant()));
  }

  /**
   * Starts the service and returns when both sides accept connections. When it can't, nothing is
   * left running.
   *
   * @throws IOException when a port or the folder is in use, or the folder can't be written; the
   *     message says which
   */
  public static Simulator start(SimulatorOptions options) throws IOException {
    Simulator simulator = new Simulator(options);
    try {
      simulator.start();
      return simulator;
    } catch (Throwable e) {
      simulator.close();
      throw e;
    }
  }

  /** The base URL of the REST side. */
  public String apiUrl() {
    return "https://localhost:" + api.port();
  }

  /** The URL of the MQTT side. */
  public String mqttUrl() {
    return "ssl://localhost:" + broker.port();
  }

  /** The files of the certificates a client needs. */
  public SimulatorCertificates certificates() {
    return certificates;
  }

  /** The topics by key, as the metadata lists them. */
  public Map<String, String> topics() {
    return topics;
  }

  /** How many messages were published, by the fleet and by {@link #publish}. */
  public long published() {
    return published.get();
  }

  /**
   * Publishes a message and returns when the broker has it.
   *
   * @param topic a full topic, or the tail of one ({@code device/...}), which gets the tenant in
   *     front where the profile has it
   * @param payload the message, any bytes
   */
  public void publish(String topic, byte[] payload) throws IOException {
    String full =
        topic.startsWith("device/") ? options.profile().topic(options.tenant(), topic) : topic;
    publish(List.of(new Publication(full, payload.clone())));
  }

  /** Stops everything; what durable subscriptions have not fetched stays on disk. */
  @Override
  public synchronized void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.warn("The simulator did not stop cleanly: {}", e.getMessage(), e);
      }
    }
    closed = true;
  }

  private synchronized void start() throws IOException {
    lock(options.dir());
    certificates =
        SimulatorCertificates.prepare(options.dir().resolve("certificates"), Clock.systemUTC());
    api =
        listening(
            "apiPort",
            options.apiPort(),
            () -> MetadataEndpoint.start(options, certificates.tls(), topics, RETENTION));
    broker =
        listening(
            "mqttPort",
            options.mqttPort(),
            () ->
                SimulatedBroker.start(
                    options.dir().resolve("broker"),
                    options.mqttPort(),
                    options.profile(),
                    certificates,
                    RETENTION));
    started.push(
        FleetPlayer.start(
            new Fleet(options.devices(), options.seed()),
            options.eventsPerSecond(),
            Clock.systemUTC(),
            this::play));
  }

  private void play(List<FleetEvent> events) throws IOException {
    publish(
        events.stream()
            .map(event -> new Publication(topics.get(event.key()), event.payload()))
            .toList());
  }

  private void publish(List<Publication> publications) throws IOException {
    if (closed) {
      throw new IllegalStateException("The simulator is closed");
    }
    try {
      broker.publish(publications);
      published.addAndGet(publications.size());
    } catch (Exception e) {
      throw new IOException("The broker did not take a message: " + e.getMessage(), e);
    }
  }

  private interface Start<T> {
    T start() throws Exception;
  }

  private <T extends AutoCloseable> T listening(String option, int port, Start<T> start)
      throws IOException {
    try {
      T part = start.start();
      started.push(part);
      return part;
    } catch (BindException e) {
      throw new IOException("%s: port %d is in use, choose another".formatted(option, port), e);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("%s: could not be opened: %s".formatted(option, e.getMessage()), e);
    }
  }

  /** Two brokers on one journal would wait for each other without a word. */
  private void lock(Path dir) throws IOException {
    Files.createDirectories(dir);
    FileChannel lock =
        FileChannel.open(dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    started.push(lock);
    try {
      if (lock.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // held by this process: reported below, like one held by another
    }
    throw new IOException("dir: %s is in use by another simulator".formatted(dir));
  }
}
