package io.ensrelay.faults;

import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Our own simulated service; silent, for the tests publish themselves. */
final class SimulatorBroker implements Broker {
  private final SimulatorOptions options;
  private Simulator simulator;

  SimulatorBroker(Path dir) throws IOException {
    options = SimulatorOptions.in(dir).withPorts(Brokers.freePort(), Brokers.freePort());
  }

  @Override
  public void start() throws IOException {
    simulator = Simulator.start(options);
  }

  @Override
  public void stop() {
    if (simulator != null) {
      simulator.close();
    }
  }

  @Override
  public int port() {
    return options.ports().mqtt();
  }

  @Override
  public Certificates certificates() throws IOException {
    var own = simulator.certificates();
    return new Certificates(own.dir(), own.authority());
  }
}
