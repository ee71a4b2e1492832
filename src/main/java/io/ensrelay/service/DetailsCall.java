package io.ensrelay.service;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The calls for details of devices. */
public enum DetailsCall {
  /** {@code POST device/uuid}: its present state. */
  DEVICE,
  /** {@code POST device/application}: its applications. */
  APPLICATIONS;

  /** The name in routes, settings and in the details of an event. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @param names separated by commas
   * @throws IllegalArgumentException if a name is unknown, or no name is given
   */
  public static Set<DetailsCall> of(String names) {
    Set<DetailsCall> calls = EnumSet.noneOf(DetailsCall.class);
    for (String name : names.split(",")) {
      calls.add(
          Arrays.stream(values())
              .filter(call -> call.text().equals(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "with="
                              + names
                              + ": give device, applications, or both with a comma between")));
    }
    return calls;
  }
}
