package io.ensrelay.intake;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;
import org.eclipse.paho.client.mqttv3.MqttCallback;

/**
 * Hands messages to the intake route, one after the other in the order of receipt, on a thread of
 * its own, and acknowledges each whose exchange ended well.
 */
final class Dispatcher implements Connection.Listener {
  private final MqttCallback route;
  private final Window window;
  private final IntakeMeters meters;
  private final BlockingQueue<Receipt> arrived = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::run, "intake");
  private DurableSession session;

  /**
   * @param window what has arrived is in it, and leaves it here
   */
  Dispatcher(MqttCallback route, Window window, IntakeMeters meters) {
    this.route = route;
    this.window = window;
    this.meters = meters;
  }

  void start(DurableSession session) {
    this.session = session;
    thread.setDaemon(true);
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  @Override
  public void arrived(Receipt receipt) {
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
        Receipt receipt = arrived.take();
        if (receipt.connection().isLost() || session.isStopping()) {
          window.leave(receipt.size());
        } else {
          dispatch(receipt);
        }
      }
    } catch (InterruptedException e) {
      // the end: what is left here comes again
    }
  }

  private void dispatch(Receipt receipt) {
    try {
      route.messageArrived(receipt.topic(), receipt);
    } catch (Exception e) {
      outcome(receipt).refused(e);
    }
  }

  Outcome outcome(Receipt receipt) {
    return new Outcome(receipt);
  }

  /** What has become of the exchange of a message. */
  final class Outcome implements Synchronization {
    private final Receipt receipt;

    private Outcome(Receipt receipt) {
      this.receipt = receipt;
    }

    @Override
    public void onComplete(Exchange exchange) {
      try {
        receipt.connection().acknowledge(receipt);
      } finally {
        window.leave(receipt.size());
      }
    }

    @Override
    public void onFailure(Exchange exchange) {
      refused(exchange.getException());
    }

    private void refused(Exception reason) {
      receipt
          .connection()
          .abandon("a message could not be stored: " + (reason == null ? "" : reason.getMessage()));
      window.leave(receipt.size());
    }
  }
}
