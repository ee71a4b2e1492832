package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Compares JSON with the expectation of a test.
 *
 * @param line of the expectation
 * @param whole whether fields that are not expected count
 * @param differences where they are added
 */
record DestinationTestJson(int line, boolean whole, List<DestinationTestDifference> differences) {
  private static final String ABSENT = "(not there)";

  void compare(String path, JsonNode wanted, JsonNode got) {
    if (wanted.isObject() && got.isObject()) {
      compareFields(path, wanted, got);
    } else if (wanted.isArray() && got.isArray() && wanted.size() == got.size()) {
      for (int i = 0; i < wanted.size(); i++) {
        compare(path + "[" + i + "]", wanted.get(i), got.get(i));
      }
    } else if (!isSame(wanted, got)) {
      differ(path, wanted.toString(), got.toString());
    }
  }

  private void compareFields(String path, JsonNode wanted, JsonNode got) {
    wanted
        .properties()
        .forEach(
            each -> {
              String below = path + "." + each.getKey();
              if (got.has(each.getKey())) {
                compare(below, each.getValue(), got.get(each.getKey()));
              } else {
                differ(below, each.getValue().toString(), ABSENT);
              }
            });
    if (whole) {
      got.properties().stream()
          .filter(each -> !wanted.has(each.getKey()))
          .forEach(each -> differ(path + "." + each.getKey(), ABSENT, each.getValue().toString()));
    }
  }

  private static boolean isSame(JsonNode one, JsonNode other) {
    return one.isNumber() && other.isNumber()
        ? one.decimalValue().compareTo(other.decimalValue()) == 0
        : one.equals(other);
  }

  private void differ(String path, String expected, String got) {
    differences.add(new DestinationTestDifference(line, path, expected, got));
  }
}
