package io.ensrelay.runtime;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.base.FileTree;
import io.ensrelay.http.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Runs the tests of destinations, {@code routes/destinations/*.test.yaml}: real routes, error
 * policy, kamelets and event log, in a temporary data directory, with nothing that leaves the
 * process.
 *
 * <p>While it runs, no HTTP client of this process reaches the network. Threads: one.
 */
public final class DestinationTests implements AutoCloseable {
  private static final Path FOLDER = Path.of("routes", "destinations");

  private static final int MOST_DIFFERENCES = 10;

  /** The beginning of a new recording. */
  private static final String FIRST =
      """
      # yaml-language-server: $schema=../test.schema.json
      - test: a device that is no longer compliant
        send: not_compliant
      """;

  /** The rest of it, for a destination that sends the first event. */
  private static final String SECOND =
      """
      - test: a receiver that is away gets the event later
        send: not_compliant
        answer: away
      """;

  /** This many tests end at once, mostly waiting; as many more may wait to end. */
  private static final int CLOSING = 4;

  private final Path root;
  private final DestinationTestSettings settings;
  private final DestinationTestSamples samples;
  private final DestinationTestServer server;
  private final Network.Replaced network;
  private final DestinationTestSeal seal;
  private final Path temporary;
  private final Semaphore open = new Semaphore(2 * CLOSING);
  private final ExecutorService closing =
      Executors.newFixedThreadPool(
          CLOSING,
          task -> {
            Thread thread = new Thread(task, "test-end");
            thread.setDaemon(true);
            return thread;
          });
  private volatile DestinationTestScript script = new DestinationTestScript(Map.of());
  private int count;

  /**
   * @param root the folder with {@code routes/} and application.properties
   * @throws IOException if there is no temporary directory or no free port
   */
  public DestinationTests(Path root, DestinationTestSamples samples) throws IOException {
    this.root = root;
    settings = new DestinationTestSettings(root);
    this.samples = samples;
    temporary = Files.createTempDirectory("ens-relay-test");
    server = new DestinationTestServer();
    network = Network.replace(server);
    seal = new DestinationTestSeal(where -> script.leak(where));
  }

  /**
   * Stops this process from making connections by any class of Java. It works only before the first
   * connection; {@code ens-relay test} calls it, a test of JUnit can't.
   */
  public static void sealProcess() throws IOException {
    DestinationTestSeal.ofProcess();
  }

  /**
   * Returns the files of these destinations, or all.
   *
   * @throws ConfigurationException if there is none of that name
   */
  public List<Path> files(List<String> names) {
    Path folder = root.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      throw new ConfigurationException(
          folder.toString(), "there is no such folder", "write it with 'ens-relay init'");
    }
    List<Path> all = DestinationTestSettings.ending(folder, DestinationTestFile.ENDING);
    if (names.isEmpty() && all.isEmpty()) {
      throw new ConfigurationException(
          folder.toString(),
          "has no file *" + DestinationTestFile.ENDING,
          "name a destination and use --record to write one");
    }
    List<Path> chosen = new ArrayList<>();
    for (String name : names) {
      String plain = name.replaceFirst(".*/", "").replaceFirst("\\.(test|camel)\\.yaml$", "");
      Path file = folder.resolve(plain + DestinationTestFile.ENDING);
      if (!Files.exists(file)
          && !Files.exists(folder.resolve(plain + DestinationTestFile.ROUTES))) {
        Set<String> known =
            DestinationTestSettings.ending(folder, DestinationTestFile.ROUTES).stream()
                .map(each -> each.getFileName().toString().replace(DestinationTestFile.ROUTES, ""))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        throw new ConfigurationException(
            name, "there is no such destination", DestinationTestNode.meant(plain, known));
      }
      chosen.add(file);
    }
    return names.isEmpty() ? all : chosen;
  }

  /**
   * Runs the tests of a file.
   *
   * @throws ConfigurationException for a mistake in it
   */
  public List<DestinationTestResult> run(Path path) {
    if (!Files.exists(path)) {
      throw new ConfigurationException(
          path.toString(), "there is no such file", "--record writes a first one");
    }
    DestinationTestFile file = DestinationTestFile.read(path);
    DestinationTestEvents events = events(file);
    List<DestinationTestResult> results = new ArrayList<>();
    for (DestinationTestCase each : file.tests()) {
      long began = System.nanoTime();
      DestinationTestOutcome outcome = outcome(file, each, events);
      List<DestinationTestDifference> differences = differences(each, outcome);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      results.add(result(file, each, differences, took));
    }
    return results;
  }

  private DestinationTestResult result(
      DestinationTestFile file,
      DestinationTestCase test,
      List<DestinationTestDifference> differences,
      Duration took) {
    UnaryOperator<String> safe = settings.safe(file);
    Optional<String> failure =
        differences.isEmpty()
            ? Optional.empty()
            : Optional.of(
                differences.stream()
                    .limit(MOST_DIFFERENCES)
                    .map(each -> safe.apply(each.text(file.path())))
                    .collect(Collectors.joining("\n")));
    return new DestinationTestResult(
        file.destination(), file.path(), test.node().at(), test.name(), took, failure);
  }

  /**
   * Runs the tests of a file and writes the outcome into it as the expectation; creates a missing
   * file.
   *
   * @return the number of tests
   * @throws ConfigurationException for a mistake in it, or a test that did not end
   */
  public int record(Path path) throws IOException {
    if (Files.exists(path)) {
      DestinationTestFile file = DestinationTestFile.read(path);
      // keeps its rights
      Files.writeString(path, recorded(file, DestinationTestFile.text(path)));
      return file.tests().size();
    }
    DestinationTestFile usual = DestinationTestFile.of(path, FIRST);
    boolean isSent = outcome(usual, usual.tests().get(0), events(usual)).attempts() > 0;
    String text = isSent ? FIRST + SECOND : FIRST;
    DestinationTestFile file = DestinationTestFile.of(path, text);
    AtomicFile.replace(path, recorded(file, text).getBytes(StandardCharsets.UTF_8));
    return file.tests().size();
  }

  private String recorded(DestinationTestFile file, String text) {
    DestinationTestEvents events = events(file);
    DestinationTestRecording recording = new DestinationTestRecording(text, settings.safe(file));
    List<DestinationTestCase> lastFirst = new ArrayList<>(file.tests());
    Collections.reverse(lastFirst);
    for (DestinationTestCase each : lastFirst) {
      DestinationTestOutcome outcome = outcome(file, each, events);
      Optional<String> problem =
          outcome
              .problem()
              .or(
                  () ->
                      outcome.unused() == 0
                          ? Optional.empty()
                          : Optional.of("it has more answers than requests came"));
      if (problem.isPresent()) {
        throw each.node()
            .mistake(
                "can't be recorded: " + settings.safe(file).apply(problem.get()),
                "correct the route or the test; the file is unchanged");
      }
      recording.write(each, outcome);
    }
    return recording.text();
  }

  /** All mistakes are found before anything runs. */
  private DestinationTestEvents events(DestinationTestFile file) {
    String tenant = settings.of(file, Map.of(), file.path()).get("ens.tenant").orElse("default");
    DestinationTestEvents events = new DestinationTestEvents(samples, tenant);
    for (DestinationTestCase each : file.tests()) {
      events.of(each);
      each.expect().ifPresent(DestinationTestExpectation::check);
    }
    return events;
  }

  private DestinationTestOutcome outcome(
      DestinationTestFile file, DestinationTestCase test, DestinationTestEvents events) {
    Path data = temporary.resolve(String.valueOf(++count));
    script = new DestinationTestScript(test.answers());
    server.follow(script);
    // each has an event log, with its memory
    open.acquireUninterruptibly();
    DestinationTestRun run =
        new DestinationTestRun(settings.of(file, test.config(), data), script, test.details());
    try {
      return run.send(events.of(test));
    } catch (Exception e) {
      return new DestinationTestOutcome(
          List.of(),
          0,
          List.of(),
          List.of(),
          0,
          script.leaks().or(() -> Optional.of(FailureText.line(e))));
    } finally {
      // closing takes a while, and nothing waits for it
      closing.execute(
          () -> {
            try {
              run.close();
            } finally {
              open.release();
            }
          });
    }
  }

  private static List<DestinationTestDifference> differences(
      DestinationTestCase test, DestinationTestOutcome outcome) {
    int line = test.node().at();
    if (outcome.problem().isPresent()) {
      return List.of(
          new DestinationTestDifference(line, "", "the test ends", outcome.problem().get()));
    }
    if (test.expect().isEmpty()) {
      return List.of(
          new DestinationTestDifference(
              line, "expect", "an expectation", "none; --record writes what happened"));
    }
    List<DestinationTestDifference> all =
        new ArrayList<>(DestinationTestExpectation.compare(test.expect().get(), outcome));
    if (outcome.unused() > 0 && all.isEmpty()) {
      all.add(
          new DestinationTestDifference(
              line, "answer", "all are asked for", outcome.unused() + " more than requests came"));
    }
    return all;
  }

  @Override
  public void close() {
    closing.shutdown();
    try {
      closing.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    seal.close();
    network.close();
    server.close();
    try {
      FileTree.delete(temporary);
    } catch (IOException e) {
      // the system removes it some day
    }
  }
}
