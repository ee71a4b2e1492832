package io.ensrelay.delivery;

import io.ensrelay.config.ValueRules;
import io.ensrelay.spool.Spool;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/**
 * The Camel component {@code spool}: {@code spool:events} stores and reads events, {@code
 * spool:dead} keeps dead letters. Opens nothing before an endpoint needs it.
 */
@org.apache.camel.spi.annotations.Component("spool")
public final class SpoolComponent extends DefaultComponent {
  private final Set<SpoolConsumer> consumers = ConcurrentHashMap.newKeySet();
  private final Semaphore turnOfSuspects = new Semaphore(1);
  private Spool spool;
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

  void remove(SpoolConsumer consumer) {
    consumers.remove(consumer);
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
    for (SpoolConsumer consumer : consumers) {
      consumer.awaitEnd();
    }
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
                  ValueRules.bytes("ens.spool.keep-size", key("ens.spool.keep-size", "1GB"))));
    }
    return spool;
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
    if (spool != null) {
      spool.close();
      spool = null;
    }
  }
}
