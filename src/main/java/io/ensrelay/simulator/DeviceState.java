package io.ensrelay.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A device at the time of an event, as the service writes it: fields in the order of the vendor's
 * example, missing values left out.
 *
 * @param device what never changes
 * @param compliant whether it keeps the rules
 * @param registered when it was enrolled, epoch milliseconds
 * @param lastCheckIn when it last checked in, epoch milliseconds; 0 when it has not yet
 */
record DeviceState(Device device, boolean compliant, long registered, long lastCheckIn) {

  ObjectNode at(EventKind kind) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("compliant", compliant);
    json.put("quarantined", !compliant);
    if (kind != EventKind.RETIRED) {
      json.put("blocked", !compliant && device.strict());
    }
    json.put("compromised", !compliant && device.tampered());
    json.put("status", statusAfter(kind));
    if (lastCheckIn > 0) {
      json.put("lastCheckInTime", lastCheckIn);
    }
    json.put("registrationTime", registered);
    json.put("identifier", device.identifier());
    json.put("macAddress", device.macAddress());
    json.put("manufacturer", device.manufacturer());
    json.put("model", device.model());
    json.put("os", device.os());
    json.put("osVersion", device.osVersion());
    json.put("serialNumber", device.serialNumber());
    json.put("userId", device.userId());
    json.put("userUuid", device.userUuid());
    device.iosUdid().ifPresent(udid -> json.put("iosUdid", udid));
    json.put("deviceGuid", device.deviceGuid());
    return json;
  }

  private static String statusAfter(EventKind kind) {
    return switch (kind) {
      case RETIRED -> "RETIRED";
      case WIPED -> "WIPED";
      default -> "ACTIVE";
    };
  }
}
