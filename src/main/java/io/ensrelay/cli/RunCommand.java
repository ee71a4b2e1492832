package io.ensrelay.cli;

import io.ensrelay.config.DescribedKey;
import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Relay;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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

  /** Every key with its description, for the help. */
  static String[] keys() {
    Stream<String> head =
        Stream.of(
            "", "Keys of application.properties (environment: ens.mqtt.url is ENS_MQTT_URL):");
    return Stream.concat(
            head,
            DescribedKey.all().stream()
                .flatMap(
                    key ->
                        Stream.of(
                            "",
                            key.name() + (key.initial().isEmpty() ? "" : "=" + key.initial()),
                            "  " + key.description())))
        // picocli takes a percent sign for a format, and @ for a colour
        .map(line -> line.replace("%", "%%").replace("@|", "@ |"))
        .toArray(String[]::new);
  }
}
