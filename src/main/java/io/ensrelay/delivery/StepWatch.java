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
 * that the error policy decides; {@code OutOfMemoryError}, even wrapped by a library, ends the
 * process. Reports the begin and the failure of each step to the event's {@link Delivery}.
 */
public final class StepWatch implements InterceptStrategy {

  /** Installs the watch; call it before the context has routes. */
  public static void of(CamelContext context) {
    context.getCamelContextExtension().addInterceptStrategy(new StepWatch());
    // otherwise a stop logs headers and body of each event in flight and fails its exchange
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
     * Forwards the completion of a step once. A completion on the calling thread is forwarded after
     * the step has returned: some of Camel's steps complete and then throw an {@code Error}, and
     * the exchange would be at the next step and failed at the same time.
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

      /** Records that the step threw; false: another thread has forwarded its completion. */
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
