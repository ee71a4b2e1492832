package io.ensrelay.bench;

import java.nio.charset.StandardCharsets;

/**
 * What messages look like.
 *
 * @param bytes about how long a message with one device is
 * @param devices in a message
 * @param fleet how many distinct devices there are
 * @param rareEvery every how manieth message tells of a wipe; 0: none
 */
record Shape(int bytes, int devices, int fleet, int rareEvery) {
  /** The documented example, with one of 5,000 devices. */
  static final Shape USUAL = new Shape(640, 1, 5000, 0);

  private static final String[] KINDS = {
    "check_in", "check_in", "check_in", "app_inventory", "compliant", "not_compliant"
  };

  Shape ofBytes(int wanted) {
    return new Shape(wanted, devices, fleet, rareEvery);
  }

  Shape withDevices(int wanted) {
    return new Shape(bytes, wanted, fleet, rareEvery);
  }

  Shape ofFleet(int wanted) {
    return new Shape(bytes, devices, wanted, rareEvery);
  }

  Shape withRare(int every) {
    return new Shape(bytes, devices, fleet, every);
  }

  String kind(int seq) {
    return rareEvery > 0 && seq % rareEvery == 0 ? "wiped" : KINDS[seq % KINDS.length];
  }

  byte[] message(String kind, int seq) {
    StringBuilder json = new StringBuilder(bytes + 200);
    json.append("{\"timestamp\":1582796173229,\"eventType\":\"device.").append(kind);
    json.append("\",\"seq\":").append(seq).append(",\"devices\":[");
    for (int i = 0; i < devices; i++) {
      json.append(i == 0 ? "" : ",");
      device(json, ((long) seq * devices + i) % fleet);
    }
    json.append("]}");
    return json.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private void device(StringBuilder json, long number) {
    int from = json.length();
    json.append("{\"compliant\":true,\"status\":\"ACTIVE\",\"os\":\"IOS\",\"osVersion\":\"12.2\",");
    json.append("\"deviceGuid\":\"device-").append(number).append('"');
    if (bytes >= 500) {
      json.append(
          ",\"quarantined\":false,\"blocked\":false,\"compromised\":false,"
              + "\"lastCheckInTime\":1582796171062,\"registrationTime\":1582608427870,"
              + "\"identifier\":\"f2e01873c6d96d87f1a34ff72e0e4143e42ee089\","
              + "\"macAddress\":\"74:81:14:d6:f5:b7\",\"manufacturer\":\"Apple Inc.\","
              + "\"model\":\"iPad5,3\",\"serialNumber\":\"DMPPK6YVG5VT\","
              + "\"userId\":\"someone@example.com\","
              + "\"userUuid\":\"5159964d-95a7-466f-9677-1b90877f045f\"");
    }
    int missing = bytes - 100 - (json.length() - from);
    if (missing > 0) {
      json.append(",\"note\":\"").append("x".repeat(missing)).append('"');
    }
    json.append('}');
  }
}
