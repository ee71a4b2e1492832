package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.service.ConfiguredTenants;
import io.ensrelay.service.Details;
import io.ensrelay.service.DetailsRefusedException;
import io.ensrelay.service.DetailsWish;
import io.ensrelay.service.DeviceDetails;
import io.ensrelay.service.TenantRemovedException;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.spi.Registry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait of an event for the details of its device, on the lane's thread. Meanwhile the delivery
 * is neither slow nor under way; while the calls fail, the destination is stalled and says why. A
 * stop ends the wait at once, and the event is not confirmed. Threads: one waits, others ask.
 */
public final class DetailsWait implements Details.Waiter {
  private static final Logger LOG = LoggerFactory.getLogger(DetailsWait.class);

  /** A mistake of the installation, for the rules of failures. */
  private static final class NoDetailsException extends NoSuchBeanException {
    private static final long serialVersionUID = 1L;
    private final String message;

    NoDetailsException(String message) {
      super(Details.NAME);
      this.message = message;
    }

    @Override
    public String getMessage() {
      return message;
    }
  }

  /** How long a relay's start may take, with many tenants. */
  private static final Duration START = Duration.ofSeconds(15);

  private static final long LOOK_MILLIS = 50;

  private final Object step;
  private final Delivery delivery;
  private final Function<StoredEvent, Optional<DetailsWish>> wishes;
  private final Optional<Duration> patience;
  private boolean troubled;

  private DetailsWait(
      Object step,
      Delivery delivery,
      Function<StoredEvent, Optional<DetailsWish>> wishes,
      Optional<Duration> patience) {
    this.step = step;
    this.delivery = delivery;
    this.wishes = wishes;
    this.patience = patience;
  }

  /**
   * Returns what the service says of a device.
   *
   * @param step the step of the route, which has the same events ahead for all lanes
   * @param wishes what an event needs; called for events that are not being delivered yet
   * @param patience how long calls may fail; empty: for ever
   * @throws TenantRemovedException if the configuration no longer has the tenant
   * @throws NoSuchBeanException if there are no routes for the tenant's calls
   * @throws IOException if the relay stops, or the patience is over
   */
  public static DeviceDetails await(
      Exchange exchange,
      Object step,
      DetailsWish wish,
      Function<StoredEvent, Optional<DetailsWish>> wishes,
      Optional<Duration> patience)
      throws DetailsRefusedException, IOException {
    Delivery delivery = Delivery.from(exchange);
    boolean waitsForNobody = delivery.reports().isByHand();
    DetailsWait wait =
        new DetailsWait(
            step, delivery, wishes, waitsForNobody ? Optional.of(Duration.ZERO) : patience);
    try {
      return wait.details(exchange).get(wish, wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      wait.end();
    }
  }

  /**
   * When the message of the exchange was received: epoch milliseconds; of an event that somebody
   * sends by hand, or that does not come from the spool, the present.
   */
  public static long received(Exchange exchange) {
    Delivery delivery = Delivery.from(exchange);
    return delivery.destination().isEmpty() ? System.currentTimeMillis() : delivery.received();
  }

  /** Waits for a tenant's routes that are just being started, as they are after the deliveries. */
  private Details details(Exchange exchange)
      throws NoSuchBeanException,
          TenantRemovedException,
          InterruptedIOException,
          InterruptedException {
    String tenant = exchange.getMessage().getHeader("tenant", "", String.class);
    long until = System.nanoTime() + START.toNanos();
    Optional<Details> found = bean(exchange, tenant);
    while (found.isEmpty() && !delivery.reports().isByHand() && System.nanoTime() - until < 0) {
      if (isOver()) {
        throw new InterruptedIOException("the relay stops");
      }
      if (isRemoved(exchange, tenant)) {
        throw new TenantRemovedException(tenant);
      }
      waits(() -> "waits until the details of the tenant " + tenant + " can be asked for");
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      found = bean(exchange, tenant);
    }
    return found.orElseThrow(
        () ->
            new NoDetailsException(
                "nothing asks the service for details of the tenant "
                    + tenant
                    + ": does it have ens.api.url here, and is routes/details.camel.yaml there?"
                    + " 'ens-relay init' writes it"));
  }

  private static boolean isRemoved(Exchange exchange, String tenant) {
    ConfiguredTenants tenants =
        exchange
            .getContext()
            .getRegistry()
            .lookupByNameAndType(ConfiguredTenants.NAME, ConfiguredTenants.class);
    return tenants != null && !tenants.mayHave(tenant);
  }

  private static Optional<Details> bean(Exchange exchange, String tenant) {
    Registry registry = exchange.getContext().getRegistry();
    return Stream.of(Details.NAME + "." + tenant, Details.NAME)
        .map(name -> registry.lookupByNameAndType(name, Details.class))
        .filter(Objects::nonNull)
        .findFirst();
  }

  private void end() {
    delivery.waitsNoLonger();
    if (troubled && !delivery.isStopping()) {
      delivery.noLongerTroubled();
    }
  }

  @Override
  public boolean isOver() {
    return delivery.isStopping() || delivery.reports().isStopping();
  }

  @Override
  public Optional<Duration> patience() {
    return patience;
  }

  @Override
  public Object source() {
    return List.of(step, delivery.reports());
  }

  @Override
  public List<DetailsWish> ahead(int most) {
    try {
      return delivery.reports().ahead(most).stream()
          .flatMap(event -> wishes.apply(event).stream())
          .toList();
    } catch (IOException | RuntimeException e) {
      // the lanes see and say the same
      LOG.debug("The events ahead can't be read", e);
      return List.of();
    }
  }

  @Override
  public void waits(Supplier<String> why) {
    delivery.waits(why);
  }

  @Override
  public void fails(Exception why, Instant next, int tries) {
    troubled = true;
    FailureReason reason = FailureReason.of(why);
    delivery
        .reports()
        .stall()
        .begin(
            Thread.currentThread(),
            new Trouble(
                Fault.PASSES,
                new FailureReason(
                    reason.kind(), "waits for details: " + reason.reason(), reason.detail()),
                DeadLetterProducer.answer(why),
                tries,
                next));
  }
}
