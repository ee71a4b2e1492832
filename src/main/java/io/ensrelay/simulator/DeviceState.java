package io.ensrelay.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A device at a given time, as the service writes it: fields in the order of the vendor's example,
 * missing values left out.
 *
 * @param device its constant data
 * @param status where it is in its life cycle
 * @param compliant whether it keeps the rules
 * @param registered time of enrolment, epoch milliseconds
 * @param lastCheckIn time of its last check-in, epoch milliseconds; 0 before the first
 */
record DeviceState(
    Device device, DeviceStatus status, boolean compliant, long registered, long lastCheckIn) {

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("compliant", compliant);
    json.put("quarantined", !compliant);
    if (status != DeviceStatus.RETIRED) {
      json.put("blocked", !compliant && device.strict());
    }
    json.put("compromised", !compliant && device.tampered());
    json.put("status", status.name());
    if (lastCheckIn > 0) {
      json.put("lastCheckInTime", lastCheckIn);
    }
    json.put("registrationTime", registered);
    json.put("identifier", device.identifier());
    device.macAddress().ifPresent(address -> json.put("macAddress", address));
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
}
