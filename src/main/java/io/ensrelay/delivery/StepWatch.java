package io.ensrelay.delivery;

import io.ensrelay.base.OutOfMemory;
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
      boolean synchronously = true;
      try {
        synchronously = super.process(exchange, end);
      } catch (Throwable thrown) {
        OutOfMemory.endProcessIfIn(thrown);
        if (!end.take()) {
          throw thrown;
        }
        exchange.setException(thrown);
      }
      end.returned(synchronously);
      return synchronously;
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

    /**
     * Passes the end of a step on once. What the step says on the thread that called it is passed
     * on when it has returned: Camel's own steps say that they are done and then throw an {@code
     * Error}, and the exchange would be at the next step and failed at the same time.
     */
    private final class End implements AsyncCallback {
      private final Exchange exchange;
      private final Delivery delivery;
      private final AsyncCallback callback;
      private final Thread caller = Thread.currentThread();
      private boolean said;
      private boolean inStep = true;
      private boolean held;

      End(Exchange exchange, Delivery delivery, AsyncCallback callback) {
        this.exchange = exchange;
        this.delivery = delivery;
        this.callback = callback;
      }

      @Override
      public void done(boolean synchronously) {
        synchronized (this) {
          if (said) {
            return;
          }
          said = true;
          held = inStep && Thread.currentThread() == caller;
          if (held) {
            return;
          }
        }
        pass(synchronously);
      }

      /** The step has thrown; false: another thread has passed its end on already. */
      synchronized boolean take() {
        if (said && !held) {
          return false;
        }
        said = true;
        held = true;
        return true;
      }

      void returned(boolean synchronously) {
        boolean now;
        synchronized (this) {
          inStep = false;
          now = held;
        }
        if (now) {
          pass(synchronously);
        }
      }

      private void pass(boolean synchronously) {
        ended(exchange, delivery);
        callback.done(synchronously);
      }
    }
  }
}
