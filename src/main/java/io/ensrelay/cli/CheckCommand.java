package io.ensrelay.cli;

import io.ensrelay.Settings;
import io.ensrelay.check.Checks;
import io.ensrelay.check.Finding;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** Tries what a relay needs, a line each. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Tries configuration, certificates, REST, MQTT, disk, routes and destinations, a line each.",
      "A running relay is not disturbed. Exit code 1: something failed; 2: the configuration did."
    })
public final class CheckCommand extends DataCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    Settings settings = settings();
    settings.check();
    List<Finding> findings = new Checks(settings).all();
    boolean failed = findings.stream().anyMatch(f -> f.level() == Finding.Level.FAILED);
    if (json) {
      print(
          findings.stream()
              .map(
                  f ->
                      Map.of(
                          "what", f.what(),
                          "level", f.level().name().toLowerCase(Locale.ROOT),
                          "said", f.said()))
              .toList());
      return failed ? 1 : 0;
    }
    out().println(line("ok", "green", "configuration", "every key has a value that can work"));
    for (Finding finding : findings) {
      String word = finding.level().name().toLowerCase(Locale.ROOT);
      String colour =
          switch (finding.level()) {
            case OK -> "green";
            case WARNING -> "yellow";
            case FAILED -> "red";
          };
      out().println(line(word, colour, finding.what(), finding.said()));
    }
    out().flush();
    return failed ? 1 : 0;
  }

  private static String line(String word, String colour, String what, String said) {
    String sign = Ansi.AUTO.string("@|" + colour + " " + "%-8s".formatted(word) + "|@");
    return "%s %-20s %s".formatted(sign, Table.plain(what), Table.plain(said));
  }
}
