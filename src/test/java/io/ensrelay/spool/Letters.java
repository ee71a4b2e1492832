package io.ensrelay.spool;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Letters for tests, each with a number that says which it is. */
final class Letters {
  private Letters() {}

  static NewDeadLetter letter(String destination, int number) {
    return letter(destination, number, ("body " + number).getBytes(StandardCharsets.UTF_8));
  }

  static NewDeadLetter letter(String destination, int number, byte[] body) {
    return letter(destination, number, "refused " + number, body);
  }

  static NewDeadLetter letter(String destination, int number, String reason, byte[] body) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("eventId", "id-" + number);
    attributes.put("eventType", "device.check_in");
    attributes.put("eventKey", "device_check_in");
    attributes.put("deviceCompliant", number % 2 == 0);
    attributes.put("eventTime", 1L * number);
    return new NewDeadLetter(
        destination,
        1000L + number,
        3,
        reason,
        attributes,
        Optional.empty(),
        Optional.of("destination." + destination),
        Optional.of("java.io.IOException"),
        Optional.of("java.io.IOException: refused\n\tat there"),
        Optional.of("<b>no</b>"),
        body);
  }

  static int number(DeadLetter letter) {
    return Integer.parseInt(((String) letter.attributes().get("eventId")).substring(3));
  }

  static List<Integer> numbers(List<DeadLetter> letters) {
    return letters.stream().map(Letters::number).toList();
  }
}
