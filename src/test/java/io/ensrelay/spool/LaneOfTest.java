package io.ensrelay.spool;

import java.io.IOException;
import org.apache.camel.Exchange;

/** Confirms together what a sink was given, as a lane of the spool does. */
public final class LaneOfTest {
  private Batch batch = new Batch();

  public Exchange attach(Exchange exchange) {
    batch.attach(exchange);
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
