package io.ensrelay.cli;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The settings that connect a relay to a simulation: for its only tenant, or a file for each of
 * several.
 *
 * @param simulator the running simulation
 */
record TenantFiles(Simulator simulator) {

  /** Writes the file of each tenant; replaces files of the same names only. */
  void write(Path folder) throws IOException {
    for (SimulatedTenant each : simulator.tenants()) {
      AtomicFile.replace(
          folder.resolve(each.name() + ".properties"), of(each).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Returns the lines for one of several tenants. */
  String of(SimulatedTenant tenant) throws IOException {
    return lines(
        "", tenant.name(), tenant.password(), simulator.certificates().tenant(tenant.name()));
  }

  /** Returns the lines for the only tenant; user and password are commented out. */
  String ofAll(String username, String password) {
    return lines(
        """
        # in place of the client certificate, for the metadata only:
        #""",
        username,
        password,
        simulator.certificates().client());
  }

  private String lines(String before, String username, String password, Path keystore) {
    String mark = before.isEmpty() ? "" : "#";
    SimulatorCertificates certificates = simulator.certificates();
    return """
        ens.api.url=%s
        %sens.api.username=%s
        %sens.api.password=%s
        ens.mqtt.url=%s
        ens.tls.keystore=%s
        ens.tls.keystore-password=%s
        ens.tls.truststore=%s
        ens.tls.truststore-password=%s
        """
        .formatted(
            simulator.apiUrl(),
            before,
            username,
            mark,
            password,
            simulator.mqttUrl(),
            inProperties(keystore),
            certificates.password(),
            inProperties(certificates.truststore()),
            certificates.password());
  }

  /** With slashes, which are right on every system: a backslash is an escape in such a file. */
  static String inProperties(Path file) {
    return file.toAbsolutePath().normalize().toString().replace('\\', '/');
  }
}
