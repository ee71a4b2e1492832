package io.ensrelay.delivery;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A destination that remembers what its deliveries reported. */
final class TestReports implements Reports {
  final List<String> delivered = Collections.synchronizedList(new ArrayList<>());
  final List<String> kept = Collections.synchronizedList(new ArrayList<>());
  final List<Delivery> sending = new CopyOnWriteArrayList<>();
  volatile boolean keeps = true;
  volatile boolean stops;

  private final String name;
  private final StallDetector stall;
  private final Refusals refusals = new Refusals();
  private final Pauses pauses = new Pauses();

  TestReports(String name) {
    this.name = name;
    stall = new StallDetector(name, () -> {}, Clock.systemUTC());
  }

  @Override
  public String destination() {
    return name;
  }

  @Override
  public StallDetector stall() {
    return stall;
  }

  @Override
  public Refusals refusals() {
    return refusals;
  }

  @Override
  public Pauses pauses() {
    return pauses;
  }

  @Override
  public boolean isStopping() {
    return stops;
  }

  @Override
  public void sends(Delivery delivery) {
    delivery.sends();
    sending.add(delivery);
  }

  @Override
  public void sent(Delivery delivery) {
    sending.remove(delivery);
    delivery.sent();
  }

  @Override
  public void delivered(Delivery delivery) {
    refusals.accepted();
    delivered.add(String.valueOf(delivery.event().attributes().get("eventId")));
  }

  @Override
  public boolean keep(Delivery delivery, Throwable why) {
    if (keeps) {
      kept.add(delivery.event().attributes().get("eventId") + ": " + why.getMessage());
    }
    return keeps;
  }
}
