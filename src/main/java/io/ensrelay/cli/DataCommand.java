package io.ensrelay.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.ensrelay.base.TimeSpan;
import io.ensrelay.config.Settings;
import io.ensrelay.console.Json;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The base of commands that print data. */
abstract class DataCommand {

  @Spec CommandSpec spec;

  @Option(names = "--json", description = "Prints JSON instead of a table.")
  boolean json;

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  void print(Object data) throws JsonProcessingException {
    out().println(Json.pretty(data));
    out().flush();
  }

  void print(TextTable table, String ifEmpty) {
    out().println(table.isEmpty() ? ifEmpty : table.toString());
    out().flush();
  }

  /** Says that only a running relay can do that; returns the exit code. */
  int noRelay() {
    err().println("ens-relay: no relay runs here: start it with 'ens-relay run'");
    return 1;
  }

  static Settings settings() {
    return Settings.load(
        Path.of("application.properties"), System.getenv(), System.getProperties());
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Asks a person; without one, the option must be given. */
  void confirm(boolean yes, String question) throws IOException {
    if (yes) {
      return;
    }
    Console console = System.console();
    if (console == null) {
      throw new ParameterException(spec.commandLine(), question + " Confirm with --yes");
    }
    String answer = console.readLine("%s [y/N] ", question);
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
      throw new IOException("nothing was done");
    }
  }

  /** Such as 1 event, 4,211 events. */
  static String events(long count) {
    return String.format(Locale.ROOT, count == 1 ? "%,d event" : "%,d events", count);
  }

  static String age(long seconds) {
    return TimeSpan.text(Duration.ofSeconds(seconds));
  }
}
