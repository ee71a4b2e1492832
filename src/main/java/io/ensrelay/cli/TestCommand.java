package io.ensrelay.cli;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.runtime.DestinationTestReports;
import io.ensrelay.runtime.DestinationTestResult;
import io.ensrelay.runtime.DestinationTests;
import io.ensrelay.runtime.LogSetup;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tests destinations as their YAML files say. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the tests in routes/destinations/*.test.yaml: real routes and retries, nothing sent.",
      "Exit code 1: a test failed; 2: a test file or the configuration has a mistake."
    })
public final class TestCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 500;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "Destinations, such as siem (default: all that have tests).")
  private List<String> names = List.of();

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      description = "Also writes the results as JUnit XML.")
  private Path junit;

  @Option(
      names = "--record",
      description =
          "Writes what happens as 'expect' into the files of the named destinations; writes a"
              + " first file where there is none.")
  private boolean record;

  @Option(
      names = "--watch",
      description = "Runs again whenever a file in routes/ or application.properties changes.")
  private boolean watch;

  @Option(names = "--log", description = "Shows the log of the routes.")
  private boolean log;

  @Override
  public Integer call() throws Exception {
    if (record && names.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--record needs the name of a destination");
    }
    DestinationTests.sealProcess();
    if (!log) {
      LogSetup.silence();
    }
    String seen = state();
    int code = run();
    while (watch) {
      // a recording changes files itself
      awaitChange(record ? state() : seen);
      out().println();
      seen = state();
      code = run();
    }
    return code;
  }

  private int run() throws IOException {
    try (DestinationTests tests = new DestinationTests(Path.of(""), new SimulatorSamples())) {
      return record ? record(tests) : run(tests);
    } catch (ConfigurationException e) {
      if (!watch) {
        throw e;
      }
      out().println(e.getMessage());
      out().flush();
      return 2;
    }
  }

  private int record(DestinationTests tests) throws IOException {
    for (Path file : tests.files(names)) {
      out().println(file + ": recorded " + count(tests.record(file)));
    }
    out().println("Read what was recorded: it is what happened, right or wrong.");
    out().flush();
    return 0;
  }

  private int run(DestinationTests tests) throws IOException {
    long began = System.nanoTime();
    List<DestinationTestResult> all = new ArrayList<>();
    for (Path file : tests.files(names)) {
      List<DestinationTestResult> results = tests.run(file);
      results.forEach(this::print);
      all.addAll(results);
    }
    if (junit != null) {
      DestinationTestReports.junit(junit, all);
    }
    long failed = all.stream().filter(each -> !each.hasPassed()).count();
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    String seconds = String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0);
    String result = failed == 0 ? "all passed" : failed + " failed";
    out().println(count(all.size()) + ", " + result + ", " + seconds);
    out().flush();
    return failed == 0 ? 0 : 1;
  }

  private static String count(int tests) {
    return tests == 1 ? "1 test" : tests + " tests";
  }

  private void print(DestinationTestResult result) {
    String word = result.hasPassed() ? coloured("green", "ok    ") : coloured("red", "FAILED");
    out().println(word + "  " + result.destination() + ": " + result.name());
    result
        .failure()
        .ifPresent(text -> text.lines().forEach(line -> out().println("        " + shown(line))));
    out().flush();
  }

  private static String shown(String line) {
    return line.startsWith("  expected ")
        ? coloured("green", line)
        : line.startsWith("  got ") ? coloured("red", line) : line;
  }

  /** The text may hold signs that picocli takes for colours. */
  private static String coloured(String colour, String text) {
    return Ansi.AUTO.enabled()
        ? Ansi.Style.valueOf("fg_" + colour).on() + text + Ansi.Style.reset.on()
        : text;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private static void awaitChange(String before) throws IOException, InterruptedException {
    while (before.equals(state())) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  /** Names, sizes and times of all files that matter. */
  private static String state() throws IOException {
    try (Stream<Path> routes = Files.walk(Path.of("routes"))) {
      return Stream.concat(routes, Stream.of(Path.of("application.properties")))
          .filter(Files::isRegularFile)
          .sorted()
          .map(TestCommand::state)
          .collect(Collectors.joining("\n"));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static String state(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return file + " is gone";
    }
  }
}
