package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes messages to the intake route, one at a time in the order of receipt, on a thread of its
 * own. The route acknowledges them. If an exchange fails or ends without an acknowledgement, the
 * message's connection is dropped, so that the service redelivers the message.
 */
final class Dispatcher implements MqttConnection.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private final MqttCallback route;
  private final InFlightLimit window;
  private final IntakeMeters meters;
  private final BlockingQueue<InboundMessage> arrived = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final AtomicBoolean saidUnacknowledged = new AtomicBoolean();
  private DurableSession session;

  /**
   * @param window arrived messages count against it until this class releases them
   */
  Dispatcher(MqttCallback route, InFlightLimit window, IntakeMeters meters, Platform platform) {
    this.route = route;
    this.window = window;
    this.meters = meters;
    thread = platform.thread("intake", this::run);
  }

  void start(DurableSession session) {
    this.session = session;
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  @Override
  public void arrived(InboundMessage receipt) {
    meters.received.increment();
    if (receipt.isDuplicate()) {
      meters.redelivered.increment();
    }
    arrived.add(receipt);
  }

  @Override
  public void acknowledged() {
    meters.acknowledged.increment();
  }

  @Override
  public void lost() {
    session.lost();
  }

  private void run() {
    try {
      while (true) {
        InboundMessage receipt = arrived.take();
        if (receipt.connection().isLost() || session.isStopping()) {
          window.leave(receipt.size());
        } else {
          dispatch(receipt);
        }
      }
    } catch (InterruptedException e) {
      // stopped: the service redelivers the remaining messages
    }
  }

  private void dispatch(InboundMessage receipt) {
    try {
      route.messageArrived(receipt.topic(), receipt);
      if (!receipt.isTaken()) {
        refuse(receipt, "the intake route does not begin with the method take of ensSession");
      }
    } catch (Exception e) {
      refuse(receipt, "a message could not be stored: " + e.getMessage());
    }
  }

  /** Drops the connection: the service redelivers this message and all later ones. */
  private void refuse(InboundMessage receipt, String reason) {
    receipt.connection().abandon(reason);
    window.leave(receipt.size());
  }

  private void refuseUnacknowledged(InboundMessage receipt, String routeId) {
    if (saidUnacknowledged.compareAndSet(false, true)) {
      LOG.error(
          "The route {} ended without acknowledging its message, so the message comes again. Put a"
              + " bean step with the ref ensSession and the method acknowledge behind the step that"
              + " stores the message or drops it.",
          routeId);
    }
    refuse(receipt, "the intake route did not acknowledge a message");
  }

  /** Watches the message until its exchange ends. */
  void take(InboundMessage receipt, Exchange exchange) {
    exchange.getExchangeExtension().addOnCompletion(new End(receipt));
    receipt.markTaken();
  }

  /** The end of the exchange of a message. */
  private final class End implements Synchronization {
    private final InboundMessage receipt;

    End(InboundMessage receipt) {
      this.receipt = receipt;
    }

    @Override
    public void onComplete(Exchange exchange) {
      if (receipt.isAcknowledged()) {
        window.leave(receipt.size());
      } else {
        refuseUnacknowledged(receipt, exchange.getFromRouteId());
      }
    }

    @Override
    public void onFailure(Exchange exchange) {
      String what =
          receipt.isAcknowledged()
              ? "a step behind the acknowledgement failed: "
              : "a message could not be stored: ";
      refuse(receipt, what + exchange.getException().getMessage());
    }
  }
}
