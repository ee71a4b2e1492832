package io.ensrelay.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.simulator.FleetDirectory.IdentifierType;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The documented REST calls about the devices of a tenant. They show the fleet that sends the
 * events; a change of compliance appears some time after its event.
 */
final class DeviceCalls {
  private static final int MOST_IDENTIFIERS = 200;
  private static final int DEFAULT_LIMIT = 50;
  private static final int MOST_LIMIT = 500;

  /** An application: bundle, name, version. */
  private static final String[][] APPLICATIONS = {
    {"com.mobileiron.phoneatwork", "Mobile@Work", "12.11.1"},
    {"com.microsoft.Office.Outlook", "Microsoft Outlook", "4.2502.0"},
    {"com.microsoft.skype.teams", "Microsoft Teams", "7.3.0"},
    {"us.zoom.videomeetings", "Zoom Workplace", "6.3.10"},
    {"com.example.timesheet", "Timesheet", "2.0.4"}
  };

  private final SimulatedTenant tenant;
  private final Fleet fleet;
  private final FleetPlayer player;
  private final Faults faults;
  private final Clock clock;
  private final Duration lag;
  private final ObjectMapper json = new ObjectMapper();

  DeviceCalls(
      SimulatedTenant tenant, FleetPlayer player, Faults faults, Clock clock, Duration lag) {
    this.tenant = tenant;
    fleet = tenant.fleet();
    this.player = player;
    this.faults = faults;
    this.clock = clock;
    this.lag = lag;
  }

  /** {@code GET device}. */
  HttpAnswer search(HttpCall call) {
    long offset = number(call, "offset", 0, 0, Integer.MAX_VALUE);
    int limit = (int) number(call, "limit", DEFAULT_LIMIT, 1, MOST_LIMIT);
    boolean isMoving = faults.happens(FaultKind.REST_MOVING, tenant.name()).isPresent();
    List<Integer> page = fleet.directory().page(status(call), offset, limit, isMoving);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.set("searchResults", devices(page));
    answer.put("results", page.size());
    answer.put("offset", offset);
    answer.put("limit", limit);
    return HttpAnswer.json(200, answer);
  }

  /** {@code GET device/count}. */
  HttpAnswer count(HttpCall call) {
    return HttpAnswer.json(200, Map.of("result", fleet.directory().count(status(call))));
  }

  /** {@code POST device/uuid}. */
  HttpAnswer byIdentifiers(HttpCall call) {
    return HttpAnswer.json(200, devices(concerned(call)));
  }

  /** {@code POST device/application}; an empty body if no device is found. */
  HttpAnswer applications(HttpCall call) {
    List<DeviceState> found = fleet.directory().show(concerned(call), clock.instant(), lag);
    if (found.isEmpty()) {
      return HttpAnswer.empty(200);
    }
    ArrayNode answer = JsonNodeFactory.instance.arrayNode();
    for (DeviceState each : found) {
      ObjectNode device = answer.addObject();
      device.put("deviceMdmId", each.device().identifier());
      device.put("deviceGuid", each.device().deviceGuid());
      addApplications(device.putArray("applications"), each.device());
    }
    return HttpAnswer.json(200, answer);
  }

  /** {@code POST device/forceCheckin}: the events come later. */
  HttpAnswer forceCheckin(HttpCall call) {
    List<Integer> concerned = concerned(call);
    int active =
        (int)
            fleet.directory().show(concerned, clock.instant(), lag).stream()
                .filter(each -> each.status() == DeviceStatus.ACTIVE)
                .count();
    player.ask(tenant, now -> fleet.checkIn(concerned, now));
    return HttpAnswer.json(200, Map.of("result", active));
  }

  private ArrayNode devices(List<Integer> places) {
    ArrayNode devices = JsonNodeFactory.instance.arrayNode();
    fleet.directory().show(places, clock.instant(), lag).forEach(each -> devices.add(each.json()));
    return devices;
  }

  private static void addApplications(ArrayNode applications, Device device) {
    SplittableRandom random = new SplittableRandom(device.identifier().hashCode());
    for (String[] each : APPLICATIONS) {
      if (random.nextInt(4) > 0) {
        ObjectNode application = applications.addObject();
        application.put("identifier", each[0]);
        application.put("name", each[1]);
        application.put("version", each[2]);
        application.put("managed", random.nextBoolean());
      }
    }
  }

  private List<Integer> concerned(HttpCall call) {
    JsonNode body;
    try {
      body = json.readTree(call.body());
    } catch (IOException e) {
      throw new IllegalArgumentException("The body is not JSON", e);
    }
    JsonNode identifiers = body == null ? null : body.get("identifiers");
    if (identifiers == null || !identifiers.isArray()) {
      throw new IllegalArgumentException("identifiers: must be an array of texts");
    }
    if (identifiers.size() > MOST_IDENTIFIERS) {
      throw new IllegalArgumentException(
          "identifiers: %s are too many, %s at most"
              .formatted(identifiers.size(), MOST_IDENTIFIERS));
    }
    List<String> names = new ArrayList<>();
    identifiers.forEach(each -> names.add(each.asText()));
    return fleet.directory().find(names, type(body.path("identifierType")));
  }

  private static IdentifierType type(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return IdentifierType.MDM_IDENTIFIER;
    }
    return Arrays.stream(IdentifierType.values())
        .filter(type -> type.name().equals(given.asText()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("identifierType: must be MDM_IDENTIFIER or GUID"));
  }

  private static Optional<DeviceStatus> status(HttpCall call) {
    String given = call.query().get("status");
    if (given == null || given.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        DeviceStatus.of(given)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "status: must be one of " + Arrays.toString(DeviceStatus.values()))));
  }

  private static long number(HttpCall call, String name, long normal, long least, long most) {
    String given = call.query().get(name);
    if (given == null) {
      return normal;
    }
    if (given.matches("\\d{1,10}")) {
      long number = Long.parseLong(given);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        "%s: must be a number from %s to %s".formatted(name, least, most));
  }
}
