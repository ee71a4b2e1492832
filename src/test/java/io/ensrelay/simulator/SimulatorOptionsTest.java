package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SimulatorOptionsTest {
  private static final SimulatorOptions GOOD = SimulatorOptions.in(Path.of("simulator"));

  @Test
  void namesTheOptionThatIsWrong() {
    assertNames("apiPort", () -> GOOD.withPorts(-1, 0));
    assertNames("apiPort", () -> GOOD.withPorts(65_536, 0));
    assertNames("mqttPort", () -> GOOD.withPorts(0, -1));
    assertNames("mqttPort", () -> GOOD.withPorts(8443, 8443));
    assertNames("devices", () -> GOOD.withFleet(0, 1, 1));
    assertNames("devices", () -> GOOD.withFleet(1_000_001, 1, 1));
    assertNames("eventsPerSecond", () -> GOOD.withFleet(1, -1, 1));
    assertNames("eventsPerSecond", () -> GOOD.withFleet(1, Double.NaN, 1));
    assertNames("eventsPerSecond", () -> GOOD.withFleet(1, Double.POSITIVE_INFINITY, 1));
    assertNames("tenant", () -> with("not a UUID", "ens", "ens"));
    assertNames("username", () -> with(SimulatorOptions.EXAMPLE_TENANT, " ", "ens"));
    assertNames("username", () -> with(SimulatorOptions.EXAMPLE_TENANT, "a:b", "ens"));
    assertNames("password", () -> with(SimulatorOptions.EXAMPLE_TENANT, "ens", ""));
  }

  @Test
  void doesNotShowThePassword() {
    assertFalse(
        with(SimulatorOptions.EXAMPLE_TENANT, "ens", "hush-hush").toString().contains("hush-hush"));
  }

  private static SimulatorOptions with(String tenant, String username, String password) {
    return new SimulatorOptions(
        GOOD.dir(),
        GOOD.profile(),
        tenant,
        GOOD.ports(),
        username,
        password,
        GOOD.fleet(),
        GOOD.rules(),
        GOOD.tenants());
  }

  private static void assertNames(String option, Executable attempt) {
    String message = assertThrows(IllegalArgumentException.class, attempt).getMessage();
    assertTrue(message.startsWith(option + ": "), message);
    assertFalse(message.contains("\n"), message);
  }
}
