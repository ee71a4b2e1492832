package io.ensrelay.delivery;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;

/** Confirms together what a sink was given, as a lane of the spool does. */
public final class LaneOfTest {
  private Batch batch = new Batch();

  public Exchange attach(Exchange exchange) {
    StoredEvent event = new StoredEvent(0, 0, 0, Map.of(), new byte[0], Optional.empty(), false);
    Delivery delivery = new Delivery(new TestReports("test"), event, batch, 0, Delivery.NO_MARK);
    exchange.setProperty("ensDelivery", delivery);
    return exchange;
  }

  /**
   * @throws IOException when nothing of the batch may be confirmed: all of it comes again
   */
  public void confirm() throws IOException {
    Batch before = batch;
    batch = new Batch();
    before.run();
  }
}
