package io.ensrelay.cli;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Printable;
import io.ensrelay.check.Finding;
import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Preconditions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** Tries what a relay needs, a line each. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Tests configuration, certificates, REST, MQTT, disk, routes, destinations; a line each.",
      "Does not disturb a running relay. Exit code 1: a test failed; 2: wrong configuration."
    })
public final class CheckCommand extends DataCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    List<Finding> findings = new ArrayList<>();
    int code;
    try {
      Settings settings = settings();
      settings.check();
      findings.add(
          new Finding("configuration", Finding.Level.OK, "every key has a value that can work"));
      findings.addAll(new Preconditions(settings).all());
      code = findings.stream().anyMatch(f -> f.level() == Finding.Level.FAILED) ? 1 : 0;
    } catch (ConfigurationException e) {
      if (!json) {
        throw e;
      }
      findings.add(new Finding("configuration", Finding.Level.FAILED, e.getMessage()));
      code = 2;
    }
    if (json) {
      print(findings);
    } else {
      findings.forEach(finding -> out().println(line(finding)));
      out().flush();
    }
    return code;
  }

  private static String line(Finding finding) {
    String word = finding.level().word();
    String colour =
        switch (finding.level()) {
          case OK -> "green";
          case WARNING -> "yellow";
          case FAILED -> "red";
        };
    String sign = Ansi.AUTO.string("@|" + colour + " " + "%-8s".formatted(word) + "|@");
    return "%s %-19s  %s"
        .formatted(sign, Printable.line(finding.what()), Printable.line(finding.said()));
  }
}
