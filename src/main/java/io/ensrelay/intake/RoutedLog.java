package io.ensrelay.intake;

import io.ensrelay.event.Event;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.log.LogView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/** Stores events by the route {@code resync.store} of a tenant. Threads: one. */
final class RoutedLog implements ResyncLog {
  /** Header: the only destination of the events; missing: all that select them. */
  private static final String TO = "resyncTo";

  private final ProducerTemplate routes;
  private final String endpoint;
  private final String to;

  /**
   * @param suffix of the names of the tenant's routes
   * @param to the only destination of the events; empty: every destination
   */
  RoutedLog(ProducerTemplate routes, String suffix, String to) {
    this.routes = routes;
    endpoint = "direct:resync.store" + suffix;
    this.to = to;
  }

  @Override
  public LogView view() throws IOException {
    String data = routes.getCamelContext().resolvePropertyPlaceholders("{{ens.data.dir:data}}");
    return Spool.look(
        Path.of(data),
        Optional.ofNullable(
            routes.getCamelContext().getRegistry().findSingleByType(KafkaSettings.class)));
  }

  @Override
  public BitSet store(List<Event> events) throws IOException, InterruptedException {
    Exchange stored =
        routes.send(
            endpoint,
            exchange -> {
              exchange.getMessage().setBody(events);
              if (!to.isEmpty()) {
                exchange.getMessage().setHeader(TO, to);
              }
            });
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (stored.getException() != null) {
      throw new IOException(stored.getException().getMessage(), stored.getException());
    }
    BitSet stale = stored.getProperty(Spool.STALE, BitSet.class);
    return stale == null ? new BitSet() : stale;
  }
}
