package io.ensrelay.simulator;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A tenant of the simulated service: who may call for it, its topics and its fleet, and the account
 * of what the simulator has published for it.
 *
 * <p>Threads: safe.
 */
public final class SimulatedTenant {
  private final String name;
  private final String uuid;
  private final String password;
  private final Profile profile;
  private final Map<String, String> topics;
  private final Fleet fleet;
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong events = new AtomicLong();

  SimulatedTenant(String name, String uuid, String password, Profile profile, Fleet fleet) {
    this.name = name;
    this.uuid = uuid;
    this.password = password;
    this.profile = profile;
    this.fleet = fleet;
    topics = Collections.unmodifiableMap(EventKind.topics(profile, uuid));
  }

  /** Returns its name, such as {@code tenant-007}: also its user and the CN of its certificate. */
  public String name() {
    return name;
  }

  /** Returns the UUID in front of its topics. */
  public String uuid() {
    return uuid;
  }

  /** Returns the password of its user. */
  public String password() {
    return password;
  }

  /** Returns its topics by key, as in the metadata. */
  public Map<String, String> topics() {
    return topics;
  }

  /** Returns the number of its enrolled devices. */
  public int enrolled() {
    return fleet.directory().count(Optional.of(DeviceStatus.ACTIVE));
  }

  /** Returns the number of messages published for it. */
  public long published() {
    return messages.get();
  }

  /**
   * Returns the number of events published for it: one for each device of a message of the fleet,
   * one for a message of the fleet without devices, one for any other message.
   */
  public long events() {
    return events.get();
  }

  Fleet fleet() {
    return fleet;
  }

  String topic(String tail) {
    return profile.topic(uuid, tail);
  }

  List<Publication> publications(List<FleetEvent> happened) {
    return happened.stream()
        .map(event -> new Publication(topics.get(event.key()), event.payload(), event.events()))
        .toList();
  }

  void count(Publication publication) {
    messages.incrementAndGet();
    events.addAndGet(publication.events());
  }
}
