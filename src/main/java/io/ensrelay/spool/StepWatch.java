package io.ensrelay.spool;

import io.ensrelay.OutOfMemory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Watches every step of every route. An {@code Error} fails the exchange like any exception, so
 * that the error policy decides; {@code OutOfMemoryError}, also where a library has wrapped it,
 * ends the process. Tells the {@link Delivery} of an event when a step begins and when one fails.
 */
public final class StepWatch implements InterceptStrategy {

  /** To be called before the context has routes. */
  public static void of(CamelContext context) {
    context.getCamelContextExtension().addInterceptStrategy(new StepWatch());
    // at a stop it would log headers and body of each event under way, and fail its exchange
    PluginHelper.getAsyncProcessorAwaitManager(context).setInterruptThreadsWhileStopping(false);
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext context, NamedNode definition, Processor target, Processor next) {
    return new Step(target);
  }

  private static final class Step extends DelegateAsyncProcessor {
    Step(Processor target) {
      super(target);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      Delivery delivery = Delivery.of(exchange);
      if (delivery != null) {
        delivery.stepBegins(this);
      }
      End end = new End(exchange, delivery, callback);
      try {
        return super.process(exchange, end);
      } catch (Throwable thrown) {
        OutOfMemory.endProcessIfIn(thrown);
        if (!end.compareAndSet(false, true)) {
          throw thrown;
        }
        exchange.setException(thrown);
        ended(exchange, delivery);
        callback.done(true);
        return true;
      }
    }

    private void ended(Exchange exchange, Delivery delivery) {
      Exception failure = exchange.getException();
      if (failure != null) {
        OutOfMemory.endProcessIfIn(failure);
        if (delivery != null) {
          delivery.stepFailed(this);
        }
      }
    }

    /** Called once, by the step or for it. */
    private final class End extends AtomicBoolean implements AsyncCallback {
      private static final long serialVersionUID = 1;

      private final transient Exchange exchange;
      private final transient Delivery delivery;
      private final transient AsyncCallback callback;

      End(Exchange exchange, Delivery delivery, AsyncCallback callback) {
        this.exchange = exchange;
        this.delivery = delivery;
        this.callback = callback;
      }

      @Override
      public void done(boolean synchronously) {
        if (compareAndSet(false, true)) {
          ended(exchange, delivery);
          callback.done(synchronously);
        }
      }
    }
  }
}
