package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpsServer;
import io.ensrelay.base.FolderLock;
import java.io.IOException;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Simulates Ivanti's Event Notification Service on this machine: metadata over HTTPS, events over
 * MQTT with TLS, and a fleet of devices as their source. It listens on the loopback address only.
 *
 * <p>Messages have QoS 1. Once any client has acknowledged a message, it is purged for all. While
 * no client is present, durable subscriptions keep it up to the retention time, even across a
 * restart on the same folder. Active {@link #faults()} cause failures. The REST side shows the
 * fleet that sends the events. All of it can be simulated for several tenants at the same two
 * ports; who connects belongs to one of them and sees nothing of the others.
 *
 * <p>Threads: safe.
 */
public final class Simulator implements AutoCloseable {
  /** How long the service keeps a message, from the vendor's metadata example. */
  public static final Duration RETENTION = Duration.ofMinutes(180);

  private static final Logger LOG = LoggerFactory.getLogger(Simulator.class);
  private static final int MOST_HAPPENING = 10_000;

  private final SimulatorOptions options;
  private final Tenants tenants;
  private final AtomicLong published = new AtomicLong();
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final Clock clock = Clock.systemUTC();
  private final Faults faults;
  private SimulatorCertificates certificates;
  private RestServer api;
  private FleetPlayer player;
  private SimulatedBroker broker;
  private volatile boolean closed;

  private Simulator(SimulatorOptions options) {
    this.options = options;
    tenants = Tenants.of(options, clock.instant());
    faults = new Faults(clock, tenants::named);
  }

  /**
   * Starts the service; returns once both sides accept connections. A failed start leaves nothing
   * running.
   *
   * @throws IOException if a port or the folder is in use, or the folder can't be written; the
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

  /** Returns the base URL of the REST side. */
  public String apiUrl() {
    return "https://localhost:" + api.port();
  }

  /** Returns the URL of the MQTT side. */
  public String mqttUrl() {
    return "ssl://localhost:" + broker.port();
  }

  /** Returns the certificate files for a client. */
  public SimulatorCertificates certificates() {
    return certificates;
  }

  /** Returns the topics of the first tenant by key, as in the metadata. */
  public Map<String, String> topics() {
    return tenants.all().get(0).topics();
  }

  /** Returns the tenants; one if the options name no number of them. */
  public List<SimulatedTenant> tenants() {
    return tenants.all();
  }

  /**
   * Returns one of several tenants.
   *
   * @throws IllegalArgumentException if there is none with this name
   */
  public SimulatedTenant tenant(String name) {
    return tenants.named(name);
  }

  /** Whether the options name a number of tenants. */
  public boolean hasTenants() {
    return tenants.areSeveral();
  }

  /** Returns the active faults; none at the start. */
  public Faults faults() {
    return faults;
  }

  /** Returns the number of MQTT connections. */
  public int connections() {
    return broker.connections();
  }

  /** Returns the number of MQTT connections of a tenant. */
  public int connections(SimulatedTenant tenant) {
    return broker.connections(tenant);
  }

  /** Returns the number of enrolled devices of all tenants. */
  public int enrolled() {
    return tenants.all().stream().mapToInt(SimulatedTenant::enrolled).sum();
  }

  /** Returns the requested rate of the fleet in messages per second. */
  public double rate() {
    return player.rate();
  }

  /** Sets the rate of the fleet in messages per second from now on; 0 sends nothing. */
  public void setRate(double eventsPerSecond) {
    SimulatorOptions.requireRate(eventsPerSecond);
    player.setRate(eventsPerSecond);
  }

  /** Starts a compliance sweep over the fleet, which sends its events at full speed. */
  public void sweep() {
    player.sweep();
  }

  /**
   * Makes an event happen soon to a number of devices, or to fewer if too few allow it; several
   * tenants take turns.
   *
   * @param count 1 to 10,000
   */
  public void happen(EventKind kind, int count) {
    requireCount(count);
    for (int i = 0; i < count; i++) {
      happen(tenants.all().get(i % tenants.all().size()), kind, 1);
    }
  }

  /** As {@link #happen(EventKind, int)}, to devices of one tenant. */
  public void happen(SimulatedTenant tenant, EventKind kind, int count) {
    requireCount(count);
    for (int i = 0; i < count; i++) {
      player.ask(tenant, now -> tenant.fleet().next(kind, now).map(List::of).orElse(List.of()));
    }
  }

  static void requireCount(int count) {
    if (count < 1 || count > MOST_HAPPENING) {
      throw new IllegalArgumentException(
          "count: %s must be from 1 to %s".formatted(count, MOST_HAPPENING));
    }
  }

  /** Returns the number of messages published, by the fleet and by {@link #publish}. */
  public long published() {
    return published.get();
  }

  /**
   * Publishes a message; returns once the broker has it.
   *
   * @param topic a full topic, or the tail of one ({@code device/...}), which gets the first tenant
   *     in front if the profile has it
   * @param payload the message, any bytes
   */
  public void publish(String topic, byte[] payload) throws IOException {
    publish(tenants.all().get(0), topic, payload);
  }

  /**
   * As {@link #publish(String, byte[])}, with a tenant for the tail of a topic.
   *
   * @param tenant gets the message if the topic is a tail
   */
  public void publish(SimulatedTenant tenant, String topic, byte[] payload) throws IOException {
    String full = topic.startsWith("device/") ? tenant.topic(topic) : topic;
    publish(List.of(new Publication(full, payload.clone())));
  }

  /**
   * Stops everything, even on an interrupted thread; messages that durable subscriptions have not
   * fetched stay on disk.
   */
  @Override
  public synchronized void close() {
    boolean interrupted = Thread.interrupted();
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (Exception e) {
        LOG.warn("The simulator did not stop cleanly: {}", e.getMessage(), e);
      }
    }
    closed = true;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The broker's storage takes the longest, so it starts in parallel. */
  private synchronized void start() throws IOException {
    started.push(
        FolderLock.tryOf(options.dir())
            .orElseThrow(
                () ->
                    new IOException(
                        "dir: %s is in use by another simulator".formatted(options.dir()))));
    FutureTask<SimulatedBroker> starting =
        new FutureTask<>(
            () ->
                SimulatedBroker.start(
                    options.dir().resolve("broker"), options.rules(), tenants, faults));
    started.push(() -> closeOnceStarted(starting));
    new Thread(starting, "ens-simulator-start").start();
    certificates = SimulatorCertificates.prepare(options.dir().resolve("certificates"), clock);
    HttpsServer apiServer = bindApi();
    startMqtt(starting);
    player =
        FleetPlayer.start(
            tenants.all(),
            options.fleet().eventsPerSecond(),
            options.fleet().sweepEvery(),
            clock,
            this::publish);
    started.push(player);
    api =
        RestServer.start(
            apiServer,
            new Credentials(tenants),
            faults,
            new Metadata(options.rules(), faults),
            deviceCalls());
    started.push(api);
  }

  private Map<SimulatedTenant, DeviceCalls> deviceCalls() {
    Duration lag = options.rules().apiLag();
    return tenants.all().stream()
        .collect(
            Collectors.toMap(
                tenant -> tenant, tenant -> new DeviceCalls(tenant, player, faults, clock, lag)));
  }

  private HttpsServer bindApi() throws IOException {
    try {
      HttpsServer server =
          RestServer.bind(options, certificates.tls(options.rules().serverCertificate()));
      started.push(() -> server.stop(0));
      return server;
    } catch (BindException e) {
      throw inUse("apiPort", options.ports().api(), e);
    }
  }

  private void startMqtt(FutureTask<SimulatedBroker> starting) throws IOException {
    try {
      broker = starting.get();
      broker.open(options.ports().mqtt(), options.profile(), certificates);
    } catch (BindException e) {
      throw inUse("mqttPort", options.ports().mqtt(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The start was interrupted", e);
    } catch (Exception e) {
      throw new IOException("The broker could not be started: " + e.getMessage(), e);
    }
  }

  private static IOException inUse(String option, int port, BindException cause) {
    return new IOException("%s: port %s is in use, choose another".formatted(option, port), cause);
  }

  /** A failed start has already closed everything it had started. */
  private static void closeOnceStarted(FutureTask<SimulatedBroker> starting) throws Exception {
    try {
      starting.get().close();
    } catch (ExecutionException e) {
      LOG.debug("There is no broker to stop", e);
    }
  }

  private void publish(List<Publication> publications) throws IOException {
    if (closed) {
      throw new IllegalStateException("The simulator is closed");
    }
    try {
      broker.publish(publications);
      published.addAndGet(publications.size());
      for (Publication each : publications) {
        tenants.ofTopic(each.topic()).ifPresent(tenant -> tenant.count(each));
      }
    } catch (Exception e) {
      throw new IOException("The broker did not take a message: " + e.getMessage(), e);
    }
  }
}
