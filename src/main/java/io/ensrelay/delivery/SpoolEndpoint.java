package io.ensrelay.delivery;

import io.ensrelay.config.ValueRules;
import io.ensrelay.spool.Selection;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import java.util.Locale;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/**
 * {@code spool:events} or {@code spool:dead}, with the options of a destination. A route that
 * stores events may name one: the events are for this destination only, whatever it selects.
 */
public final class SpoolEndpoint extends DefaultEndpoint {
  enum Kind {
    EVENTS,
    DEAD
  }

  private final Kind kind;
  private String destination = "";
  private String events = "*";
  private String tenants = "*";
  private String selector = "";
  private String begin = "";
  private int lanes = 1;
  private boolean late = true;
  private boolean snapshots;

  SpoolEndpoint(String uri, SpoolComponent component, Kind kind) {
    super(uri, component);
    this.kind = kind;
  }

  @Override
  public SpoolComponent getComponent() {
    return (SpoolComponent) super.getComponent();
  }

  @Override
  public Producer createProducer() {
    return kind == Kind.EVENTS ? new EventProducer(this) : new DeadLetterProducer(this);
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    if (kind != Kind.EVENTS) {
      throw new IllegalArgumentException("only spool:events can be read by a route");
    }
    if (!destination.matches(Cursor.NAME)) {
      throw new IllegalArgumentException(
          "destination="
              + destination
              + ": a destination needs a name of letters, digits, '.', '_' and '-'");
    }
    if (destination.equals(Spool.INTAKE)) {
      throw new IllegalArgumentException(
          "destination=" + destination + ": the dead letters of the intake have this name");
    }
    if (!late && !getComponent().hasDevices()) {
      throw new IllegalArgumentException(
          "late=false: only with ens.devices.enabled=true does the relay know which events are late");
    }
    SpoolConsumer consumer = new SpoolConsumer(this, processor);
    configureConsumer(consumer);
    return consumer;
  }

  /** Name of the destination in the event log and in the dead letters. */
  public String getDestination() {
    return destination;
  }

  public void setDestination(String destination) {
    this.destination = destination;
  }

  /** Metadata keys or event types, comma separated; {@code *}: all. */
  public String getEvents() {
    return events;
  }

  public void setEvents(String events) {
    this.events = events;
  }

  /** Names of tenants, comma separated; {@code *}: all. */
  public String getTenants() {
    return tenants;
  }

  public void setTenants(String tenants) {
    this.tenants = tenants;
  }

  /** A JMS selector over the events' attributes, in addition to {@link #getEvents()}. */
  public String getSelector() {
    return selector;
  }

  public void setSelector(String selector) {
    this.selector = selector;
  }

  /** Whether to get events that were stored after a later event of their device. */
  public boolean isLate() {
    return late;
  }

  public void setLate(boolean late) {
    this.late = late;
  }

  /**
   * Whether to get the events of a resync too; naming them in {@link #getEvents()} does as well.
   */
  public boolean isSnapshots() {
    return snapshots;
  }

  public void setSnapshots(boolean snapshots) {
    this.snapshots = snapshots;
  }

  /** Number of concurrent deliveries; the events of one device stay in order. */
  public int getLanes() {
    return lanes;
  }

  public void setLanes(int lanes) {
    if (lanes < 1 || lanes > 256) {
      throw new IllegalArgumentException("lanes=" + lanes + ": 1 to 256");
    }
    this.lanes = lanes;
  }

  /** Start of a new destination: {@code now}, {@code earliest}, or an age like {@code 2h}. */
  public String getBegin() {
    return begin;
  }

  public void setBegin(String begin) {
    this.begin = begin;
    beginning();
  }

  /** The text of the {@link Selection}. */
  String selection() {
    return Selection.text(
        events, tenants, snapshots, late ? selector : Selection.withoutLate(selector));
  }

  Begin beginning() {
    return switch (begin.strip().toLowerCase(Locale.ROOT)) {
      case "", "now" -> Begin.NOW;
      case "earliest" -> Begin.EARLIEST;
      default -> Begin.ago(ValueRules.age("begin", begin.strip()));
    };
  }
}
