package io.ensrelay.spool;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/**
 * The Camel component {@code spool}: {@code spool:events} stores and reads events, {@code
 * spool:dead} keeps dead letters. Takes {@code ens.data.dir} and {@code ens.spool.url}; nothing is
 * opened before an endpoint needs it.
 */
@org.apache.camel.spi.annotations.Component("spool")
public final class SpoolComponent extends DefaultComponent {
  private Spool spool;

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    SpoolEndpoint endpoint =
        new SpoolEndpoint(uri, this, SpoolEndpoint.Kind.valueOf(remaining.toUpperCase()));
    setProperties(endpoint, parameters);
    return endpoint;
  }

  /** The spool of this context, not started. */
  public synchronized Spool spool() {
    if (spool == null) {
      String url = getCamelContext().resolvePropertyPlaceholders("{{ens.spool.url:}}");
      String data = getCamelContext().resolvePropertyPlaceholders("{{ens.data.dir:data}}");
      String inFlight =
          getCamelContext().resolvePropertyPlaceholders("{{ens.intake.in-flight:1000}}");
      spool =
          new Spool(
              Path.of(data),
              Optional.of(url).filter(u -> !u.isBlank()),
              Integer.parseInt(inFlight.trim()));
    }
    return spool;
  }

  @Override
  protected synchronized void doStop() throws Exception {
    super.doStop();
    if (spool != null) {
      spool.close();
      spool = null;
    }
  }
}
