package io.ensrelay.spool.kafka;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.base.TenantAssignment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A process that takes part in handing out intakes, and says what it gets. */
final class Machine implements AutoCloseable {
  private final Process process;
  private final List<String> said = new CopyOnWriteArrayList<>();

  Machine(String brokers, String topic, String name, Duration sessionTimeout, String... tenants)
      throws IOException {
    process =
        new ProcessBuilder(
                JavaCommand.of(
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Machine.class.getName(),
                    brokers,
                    topic,
                    name,
                    "" + sessionTimeout.toMillis(),
                    String.join(",", tenants)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Thread reader = new Thread(this::read, name);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line);
      }
    } catch (IOException e) {
      said.add("ended");
    }
  }

  /** Waits until it has said so since the last call of {@link #forget}. */
  void await(String line) {
    Awaitility.await(line + ", but " + said)
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> said.contains(line));
  }

  boolean hasSaid(String line) {
    return said.contains(line);
  }

  void forget() {
    said.clear();
  }

  /** Asks whether it still holds a tenant; the answer is {@code still TENANT: true|false}. */
  void ask(String tenant) throws IOException {
    process.outputWriter().write(tenant + "\n");
    process.outputWriter().flush();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /**
   * @param name STOP or CONT
   */
  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
  }

  /** Ends it in order. */
  void stop() throws Exception {
    process.outputWriter().close();
    process.waitFor(20, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }

  public static void main(String[] args) throws Exception {
    KafkaSettings settings =
        new KafkaSettings(args[0], args[1], 3, 1, Map.of(KafkaSettings.SESSION_TIMEOUT, args[3]));
    TenantAssignment assignment = new KafkaAssignment(new KafkaAccess(settings, args[2]), () -> {});
    assignment.start(
        new TenantAssignment.Listener() {
          @Override
          public void held(String tenant) {
            System.out.println("held " + tenant);
          }

          @Override
          public void lost(String tenant) {
            System.out.println("lost " + tenant);
          }
        });
    assignment.tenants(Set.of(args[4].split(",")));
    try (BufferedReader questions = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = questions.readLine(); line != null; line = questions.readLine()) {
        System.out.println("still " + line + ": " + assignment.stillHolds(line));
      }
    }
    assignment.close();
  }
}
