package io.ensrelay.cli;

import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Relay;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Runs the relay on the working directory until it is told to end. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description =
        "Runs the relay with application.properties and routes/ of the working directory.")
public class RunCommand implements Callable<Integer> {

  @Override
  public Integer call() throws Exception {
    Settings settings =
        Settings.load(Path.of("application.properties"), System.getenv(), System.getProperties());
    settings.check();
    return new Relay(settings, false).run();
  }
}
