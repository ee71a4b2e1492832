package io.ensrelay.delivery;

import io.ensrelay.base.Platform;
import io.ensrelay.config.ValueRules;
import io.ensrelay.event.DeviceField;
import io.ensrelay.service.DetailsListener;
import io.ensrelay.spool.Devices;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.kafka.KafkaSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/**
 * The Camel component {@code spool}: {@code spool:events} stores and reads events, {@code
 * spool:dead} keeps dead letters. Opens nothing before an endpoint needs it.
 */
@org.apache.camel.spi.annotations.Component("spool")
public final class SpoolComponent extends DefaultComponent {
  private static final String SPOOL = "ensSpool";

  private final Set<SpoolConsumer> consumers = ConcurrentHashMap.newKeySet();
  private final DestinationControl control = new DestinationControl(consumers);
  private final Semaphore turnOfSuspects = new Semaphore(1);

  /** Started while {@link #hold} is in force, in order. */
  private final List<SpoolConsumer> held = new ArrayList<>();

  private boolean holding;
  private Spool spool;
  private Optional<SpoolWriter> writer = Optional.empty();
  private ScheduledExecutorService looking;

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    SpoolEndpoint endpoint =
        new SpoolEndpoint(
            uri, this, SpoolEndpoint.Kind.valueOf(remaining.toUpperCase(Locale.ROOT)));
    setProperties(endpoint, parameters);
    return endpoint;
  }

  /** The data directory. */
  Path data() {
    return Path.of(getCamelContext().resolvePropertyPlaceholders("{{ens.data.dir:data}}"));
  }

  synchronized void add(SpoolConsumer consumer) {
    consumers.add(consumer);
    if (looking == null) {
      looking =
          getCamelContext()
              .getExecutorServiceManager()
              .newSingleThreadScheduledExecutor(this, "spool-slow");
      looking.scheduleWithFixedDelay(
          () -> consumers.forEach(each -> each.look(System.nanoTime())), 1, 1, TimeUnit.SECONDS);
    }
  }

  synchronized void remove(SpoolConsumer consumer) {
    consumers.remove(consumer);
    held.remove(consumer);
  }

  /**
   * From now on a destination whose route starts takes no event, and a new one gets no cursor,
   * until {@link #release}. So routes that turn out not to start have taken nothing.
   */
  public synchronized void hold() {
    holding = true;
  }

  /**
   * Lets the destinations that started since {@link #hold} take events.
   *
   * @throws Exception if one of them can't; the caller stops their routes
   */
  public void release() throws Exception {
    List<SpoolConsumer> ready;
    synchronized (this) {
      holding = false;
      ready = List.copyOf(held);
      held.clear();
    }
    for (SpoolConsumer consumer : ready) {
      consumer.begin();
    }
  }

  /**
   * Whether a destination must wait for {@link #release}.
   *
   * @throws IllegalStateException if another route reads the destination
   */
  synchronized boolean holds(SpoolConsumer consumer) {
    if (!holding) {
      return false;
    }
    String name = consumer.destination();
    if (Stream.concat(consumers.stream(), held.stream())
        .anyMatch(other -> other.destination().equals(name))) {
      throw new IllegalStateException("two routes read the destination " + name);
    }
    held.add(consumer);
    return true;
  }

  /**
   * Ends the deliveries of some destinations; their routes stay. Returns when none is in flight, or
   * after 15 s.
   */
  public void end(Collection<String> destinations) throws InterruptedException {
    List<SpoolConsumer> ending =
        consumers.stream().filter(each -> destinations.contains(each.destination())).toList();
    ending.forEach(SpoolConsumer::stopTaking);
    SpoolConsumer.awaitEnd(ending);
  }

  /** Controls the destinations that routes read, for people. */
  public DestinationControl control() {
    return control;
  }

  /** Held to retry an event that was in flight at an unclean end: only one at a time. */
  Semaphore turnOfSuspects() {
    return turnOfSuspects;
  }

  /** Stops taking events for all destinations; returns at once. */
  public void stopTaking() {
    consumers.forEach(SpoolConsumer::stopTaking);
  }

  /** Returns when no delivery is in flight, or 15 s after {@link #stopTaking()}. */
  public void awaitDeliveries() throws InterruptedException {
    SpoolConsumer.awaitEnd(consumers);
  }

  /** The spool of this context; this call does not open its log. */
  public synchronized Spool spool() {
    if (spool == null) {
      spool =
          new Spool(
              data(),
              new Spool.Config(
                  key("ens.tenant", "default"),
                  Integer.parseInt(key("ens.intake.in-flight", "1000")),
                  ValueRules.duration("ens.spool.keep", key("ens.spool.keep", "24h")),
                  ValueRules.bytes("ens.spool.keep-size", key("ens.spool.keep-size", "1GB")),
                  Optional.ofNullable(
                      getCamelContext().getRegistry().findSingleByType(KafkaSettings.class)),
                  devices()));
      // the intake looks it up by its type
      getCamelContext().getRegistry().bind(SPOOL, spool);
      spool.devices().ifPresent(this::learns);
    }
    return spool;
  }

  /** Details fetched for deliveries go into the table of devices too. */
  private void learns(Devices table) {
    DetailsListener listener = table::learned;
    getCamelContext().getRegistry().bind("ensDevicesLearn", DetailsListener.class, listener);
  }

  /** Whether other machines deliver the events that this one takes. */
  boolean takesOnly() {
    return key("ens.role", "all").equalsIgnoreCase("intake");
  }

  /** Writes the events of all routes, so that all that wait for the disk share one write. */
  synchronized SpoolWriter writer() {
    if (writer.isEmpty()) {
      Spool target = spool();
      writer = Optional.of(new SpoolWriter(target::append, Platform.of(getCamelContext())));
    }
    return writer.get();
  }

  private Optional<Set<DeviceField>> devices() {
    return hasDevices()
        ? Optional.of(
            ValueRules.deviceFields("ens.devices.fields", key("ens.devices.fields", "none")))
        : Optional.empty();
  }

  /** Whether the table of devices is kept, and with it the times that tell late events. */
  boolean hasDevices() {
    return Boolean.parseBoolean(key("ens.devices.enabled", "false"));
  }

  private String key(String name, String ifMissing) {
    return getCamelContext()
        .resolvePropertyPlaceholders("{{" + name + ":" + ifMissing + "}}")
        .trim();
  }

  @Override
  protected synchronized void doStop() throws Exception {
    super.doStop();
    if (looking != null) {
      getCamelContext().getExecutorServiceManager().shutdownNow(looking);
      looking = null;
    }
    writer.ifPresent(SpoolWriter::close);
    writer = Optional.empty();
    if (spool != null) {
      getCamelContext().getRegistry().unbind(SPOOL);
      spool.close();
      spool = null;
    }
  }
}
