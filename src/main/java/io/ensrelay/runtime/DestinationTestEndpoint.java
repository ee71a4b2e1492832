package io.ensrelay.runtime;

import io.ensrelay.delivery.SpoolEndpoint;
import io.ensrelay.delivery.StandIn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.EndpointStrategy;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;

/** Stands for an endpoint that would leave the process: records what is sent to it. */
final class DestinationTestEndpoint extends DefaultEndpoint {
  /** Components that stay in the process; every other one is replaced. */
  private static final Set<String> INSIDE =
      Set.of(
          "atlasmap",
          "bean",
          "class",
          "controlbus",
          "dataformat",
          "dataset",
          "direct",
          "disruptor",
          "freemarker",
          "http",
          "https",
          "jolt",
          "jslt",
          "json-validator",
          "jsonata",
          "kamelet",
          "language",
          "log",
          "mock",
          "msv",
          "mustache",
          "mvel",
          "ref",
          "saga",
          "scheduler",
          "seda",
          "spool",
          "string-template",
          "stub",
          "timer",
          "validator",
          "velocity",
          "vm",
          "xj",
          "xslt",
          "xslt-saxon");

  private final StandIn standIn;
  private final String name;

  private DestinationTestEndpoint(String uri, Endpoint real, StandIn standIn) {
    super(uri, null);
    setCamelContext(real.getCamelContext());
    this.standIn = standIn;
    name = uri.replaceFirst("\\?.*", "").replaceFirst("^([a-z0-9.+-]+):/+", "$1:");
  }

  /** Replaces endpoints as routes name them. */
  static final class Replacing implements EndpointStrategy {
    private final StandIn standIn;
    private final Set<String> destinations = new ConcurrentSkipListSet<>();

    Replacing(StandIn standIn) {
      this.standIn = standIn;
    }

    /** The destinations whose events the routes take. */
    Set<String> destinations() {
      return destinations;
    }

    @Override
    public Endpoint registerEndpoint(String uri, Endpoint endpoint) {
      if (endpoint instanceof SpoolEndpoint spool && !spool.getDestination().isEmpty()) {
        destinations.add(spool.getDestination());
        // one request after the other, whatever the device: answers have an order
        spool.setLanes(1);
      }
      String scheme = uri.replaceFirst(":.*", "");
      return INSIDE.contains(scheme)
          ? endpoint
          : new DestinationTestEndpoint(uri, endpoint, standIn);
    }
  }

  @Override
  public Producer createProducer() {
    return new DefaultProducer(this) {
      @Override
      public void process(Exchange exchange) throws Exception {
        byte[] body = exchange.getMessage().getBody(byte[].class);
        Map<String, Object> headers = new HashMap<>(exchange.getMessage().getHeaders());
        headers.keySet().removeIf(header -> header.startsWith("Camel"));
        standIn.take(name, List.of(new StandIn.Sent(headers, body == null ? new byte[0] : body)));
      }
    };
  }

  /** A consumer that gets nothing. */
  @Override
  public Consumer createConsumer(Processor processor) {
    return new DefaultConsumer(this, processor);
  }

  @Override
  public boolean isSingleton() {
    return true;
  }
}
