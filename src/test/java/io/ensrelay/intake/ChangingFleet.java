package io.ensrelay.intake;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.event.DeviceDigest;
import io.ensrelay.service.FleetCalls;
import io.ensrelay.service.FleetDevice;
import io.ensrelay.service.FleetPage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * A fleet that changes while it is read: devices join, leave, vanish, change and move between
 * pages. The calls show a change some time after it has happened, and fail now and then.
 */
final class ChangingFleet implements FleetCalls {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SplittableRandom random;
  private final Supplier<Instant> now;
  private final long lagMillis;
  private final List<Member> members = new ArrayList<>();

  /** Receives the event of a change: its type and the device. */
  BiConsumer<String, ObjectNode> events = (type, device) -> {};

  double failing;
  int mostOnPage = 500;
  boolean countFails;
  int calls;

  private static final class Member {
    private final TreeMap<Long, ObjectNode> history = new TreeMap<>();
    private long vanished = Long.MAX_VALUE;

    ObjectNode state() {
      return history.lastEntry().getValue();
    }

    /** What the service shows at a time; empty: nothing. */
    Optional<ObjectNode> shown(long time) {
      return time >= vanished || history.floorEntry(time) == null
          ? Optional.empty()
          : Optional.of(history.floorEntry(time).getValue());
    }
  }

  ChangingFleet(int size, long seed, long lagMillis, Supplier<Instant> now) {
    random = new SplittableRandom(seed);
    this.now = now;
    this.lagMillis = lagMillis;
    for (int i = 0; i < size; i++) {
      Member member = new Member();
      member.history.put(0L, device());
      members.add(member);
    }
  }

  private ObjectNode device() {
    ObjectNode device = JSON.createObjectNode();
    device.put("compliant", random.nextBoolean());
    device.put("status", "ACTIVE");
    device.put("n", random.nextInt(1000));
    device.put("deviceGuid", new UUID(random.nextLong(), random.nextLong()).toString());
    return device;
  }

  /** The true states of all active devices, by id. */
  TreeMap<String, ObjectNode> active() {
    TreeMap<String, ObjectNode> all = new TreeMap<>();
    for (Member member : members) {
      if (member.vanished == Long.MAX_VALUE
          && member.state().get("status").asText().equals("ACTIVE")) {
        all.put(member.state().get("deviceGuid").asText(), member.state());
      }
    }
    return all;
  }

  /**
   * @param mayVanish whether devices may go without an event
   */
  void change(boolean mayVanish) {
    long time = now.get().toEpochMilli();
    Member member = members.get(random.nextInt(members.size()));
    switch (random.nextInt(mayVanish ? 7 : 6)) {
      case 0 -> {
        Member joined = new Member();
        joined.history.put(time, device());
        members.add(random.nextInt(members.size() + 1), joined);
        events.accept("device.enrolled", joined.state());
      }
      case 1 -> become(member, "status", "RETIRED", "device.retired");
      case 2 ->
          members.add(
              random.nextInt(members.size()), members.remove(random.nextInt(members.size())));
      case 6 -> member.vanished = Math.min(member.vanished, time);
      default -> become(member, "n", String.valueOf(random.nextInt(1000)), "device.check_in");
    }
  }

  /** Removes a device without an event. */
  String vanish() {
    Member member = members.get(random.nextInt(members.size()));
    member.vanished = now.get().toEpochMilli();
    return member.state().get("deviceGuid").asText();
  }

  /** Retires a device. */
  String retire() {
    Member member = members.get(random.nextInt(members.size()));
    become(member, "status", "RETIRED", "device.retired");
    return member.state().get("deviceGuid").asText();
  }

  private void become(Member member, String field, String value, String type) {
    if (member.vanished == Long.MAX_VALUE
        && member.state().get("status").asText().equals("ACTIVE")) {
      ObjectNode next = member.state().deepCopy();
      next.put(field, value);
      member.history.put(now.get().toEpochMilli(), next);
      events.accept(type, next);
    }
  }

  private long shownUntil() {
    return now.get().toEpochMilli() - lagMillis;
  }

  private List<ObjectNode> shown(String status) {
    List<ObjectNode> shown = new ArrayList<>();
    for (Member member : members) {
      member
          .shown(shownUntil())
          .filter(device -> device.get("status").asText().equals(status))
          .ifPresent(shown::add);
    }
    return shown;
  }

  private void failSometimes() throws Exception {
    calls++;
    if (random.nextDouble() < failing) {
      if (random.nextBoolean()) {
        throw new IOException("Connection reset");
      }
      throw new HttpOperationFailedException(
          "http://x", 429, "Too Many Requests", null, java.util.Map.of("Retry-After", "2"), "");
    }
  }

  @Override
  public FleetPage page(String status, long offset, int limit) throws Exception {
    failSometimes();
    Instant asked = now.get();
    int most = Math.min(limit, mostOnPage);
    return page(asked, shown(status).stream().skip(offset).limit(most).toList());
  }

  @Override
  public OptionalLong count(String status) throws Exception {
    failSometimes();
    return countFails ? OptionalLong.empty() : OptionalLong.of(shown(status).size());
  }

  @Override
  public FleetPage find(boolean areGuids, Collection<String> names) throws Exception {
    failSometimes();
    List<ObjectNode> found = new ArrayList<>();
    for (Member member : members) {
      member
          .shown(shownUntil())
          .filter(device -> names.contains(device.get("deviceGuid").asText()))
          .ifPresent(found::add);
    }
    return page(now.get(), found);
  }

  private static FleetPage page(Instant asked, List<ObjectNode> nodes) throws IOException {
    List<FleetDevice> devices = new ArrayList<>();
    for (ObjectNode node : nodes) {
      try (var parser = JSON.createParser(JSON.writeValueAsBytes(node))) {
        parser.nextToken();
        devices.add(
            new FleetDevice(DeviceDigest.of(parser, Set.of()), JSON.writeValueAsBytes(node)));
      }
    }
    return new FleetPage(asked, devices, OptionalInt.empty());
  }
}
