package io.ensrelay.simulator;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The active faults of a simulation. Each ends when its count or its time is used up, or when it is
 * cleared. At most {@value #MOST} are active at once. Of several of one kind, the first one set
 * happens.
 *
 * <p>Threads: safe.
 */
public final class Faults {
  private static final int MOST = 100;

  /**
   * An active fault.
   *
   * @param id identifies it for clearing
   * @param fault as it was set
   * @param remaining how often it will still happen; null if no count ends it
   * @param until when it ends; null if no time ends it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Active(long id, @JsonUnwrapped Fault fault, Integer remaining, String until) {

    private Active once() {
      return remaining == null ? this : new Active(id, fault, remaining - 1, until);
    }

    private boolean isOver(Instant now) {
      return (remaining != null && remaining == 0)
          || (until != null && !now.isBefore(Instant.parse(until)));
    }
  }

  private final Clock clock;
  private final Consumer<String> tenantCheck;
  private final List<Active> active = new ArrayList<>();
  private volatile Runnable listener = () -> {};
  private volatile boolean none = true;
  private long lastId;

  /**
   * Begins without faults.
   *
   * @param tenantCheck throws an {@link IllegalArgumentException} for the name of an unknown tenant
   */
  Faults(Clock clock, Consumer<String> tenantCheck) {
    this.clock = clock;
    this.tenantCheck = tenantCheck;
  }

  /** Registers a listener; the thread that sets or clears a fault runs it before it returns. */
  void whenChanged(Runnable newListener) {
    listener = newListener;
  }

  /**
   * Activates a fault; it is active once this returns.
   *
   * @throws IllegalArgumentException if there are too many already, or its tenant is unknown
   */
  public Active set(Fault fault) {
    Optional.ofNullable(fault.tenant()).ifPresent(tenantCheck);
    Active set = add(fault);
    listener.run();
    return set;
  }

  /** Returns the active faults in the order they were set. */
  public synchronized List<Active> list() {
    forgetWhatIsOver();
    return List.copyOf(active);
  }

  /** Ends a fault; false if there is none with that id. */
  public boolean clear(long id) {
    boolean cleared;
    synchronized (this) {
      forgetWhatIsOver();
      cleared = active.removeIf(each -> each.id() == id);
    }
    listener.run();
    return cleared;
  }

  /** Ends all faults. */
  public void clear() {
    synchronized (this) {
      active.clear();
    }
    listener.run();
  }

  /** Whether a fault of this kind is active; does not use up its count. */
  boolean isActive(FaultKind kind) {
    return list().stream().anyMatch(each -> each.fault().knownKind() == kind);
  }

  /** Whether a fault of this kind is active for a tenant; does not use up its count. */
  boolean isActive(FaultKind kind, String tenant) {
    return !none
        && list().stream()
            .map(Active::fault)
            .anyMatch(each -> each.knownKind() == kind && each.isFor(tenant));
  }

  /** Returns the fault of this kind that happens now, if any, to any tenant, and counts it. */
  Optional<Fault> happens(FaultKind kind) {
    return happens(kind, fault -> true);
  }

  /**
   * Returns the fault of this kind that happens now to a tenant, and counts it.
   *
   * @param tenant its name; empty for a client that belongs to none
   */
  Optional<Fault> happens(FaultKind kind, String tenant) {
    return happens(kind, fault -> fault.isFor(tenant));
  }

  /** Returns the fault of this kind that happens now to a call of a tenant, and counts it. */
  Optional<Fault> happens(FaultKind kind, String tenant, String path) {
    return happens(kind, fault -> fault.isFor(tenant) && fault.isAbout(path));
  }

  private synchronized Optional<Fault> happens(FaultKind kind, Predicate<Fault> concerned) {
    if (active.isEmpty()) {
      return Optional.empty();
    }
    forgetWhatIsOver();
    for (int place = 0; place < active.size(); place++) {
      Active each = active.get(place);
      if (each.fault().knownKind() == kind && concerned.test(each.fault())) {
        active.set(place, each.once());
        return Optional.of(each.fault());
      }
    }
    return Optional.empty();
  }

  private synchronized Active add(Fault fault) {
    forgetWhatIsOver();
    if (active.size() == MOST) {
      throw new IllegalArgumentException("There are %s faults already, clear some".formatted(MOST));
    }
    Integer remaining =
        fault.knownKind() == FaultKind.MQTT_DROP ? Integer.valueOf(1) : fault.count();
    String until = fault.lasts().map(this::after).map(Instant::toString).orElse(null);
    Active set = new Active(++lastId, fault, remaining, until);
    active.add(set);
    none = false;
    return set;
  }

  private void forgetWhatIsOver() {
    Instant now = clock.instant();
    active.removeIf(each -> each.isOver(now));
    none = active.isEmpty();
  }

  private Instant after(Duration duration) {
    return clock.instant().plus(duration);
  }
}
