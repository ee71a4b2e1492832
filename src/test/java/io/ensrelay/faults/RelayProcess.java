package io.ensrelay.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.JavaCommand;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** The packaged relay in a process and a folder of its own. */
final class RelayProcess implements AutoCloseable {
  private static final Path JAR =
      Path.of(System.getProperty("faults.jar", "target/ens-relay.jar")).toAbsolutePath();

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path dir;
  private final Path log;
  private final Map<String, String> settings = new TreeMap<>();
  private final List<String> prefix = new ArrayList<>();
  private Process process;
  private long logBefore;

  RelayProcess(Path dir) throws IOException {
    this.dir = Files.createDirectories(dir);
    log = dir.resolve("relay.log");
    Files.writeString(log, "");
  }

  /** A key of application.properties, from the next start on. */
  RelayProcess set(String key, Object value) {
    settings.put(key, value.toString());
    return this;
  }

  /** A program that starts the relay in its stead, from the next start on. */
  RelayProcess startedBy(String... command) {
    prefix.addAll(List.of(command));
    return this;
  }

  Path dir() {
    return dir;
  }

  void start() throws IOException {
    if (!Files.isRegularFile(JAR)) {
      throw new IOException(JAR + " is missing: ./mvnw package makes it");
    }
    Files.writeString(
        dir.resolve("application.properties"),
        settings.entrySet().stream()
            .map(setting -> setting.getKey() + "=" + setting.getValue() + "\n")
            .collect(Collectors.joining()));
    logBefore = Files.size(log);
    List<String> command = new ArrayList<>(prefix);
    command.addAll(JavaCommand.of("-Xmx256m", "-jar", JAR.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("ENS_"));
    process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
  }

  /** What the console's API answers to a call of the running relay. */
  JsonNode post(String path, String body) throws IOException, InterruptedException {
    return call(
        path,
        request ->
            request
                .header("Content-Type", "application/json")
                .header("X-Ens-Relay", "1")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** The same of a question. */
  JsonNode get(String path) throws IOException, InterruptedException {
    return call(path, request -> request);
  }

  private JsonNode call(String path, UnaryOperator<HttpRequest.Builder> method)
      throws IOException, InterruptedException {
    Path data = dir.resolve("data");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(Files.readString(data.resolve("console.url")).strip() + path))
            .header(
                "Authorization",
                "Bearer " + Files.readString(data.resolve("console.token")).strip());
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(method.apply(request).build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  /** Puts libraries into its own {@code lib/}, of which it does not know before this call. */
  void add(List<String> libraries) throws IOException, InterruptedException {
    set(Connectors.KEY, Connectors.add(JAR, dir, libraries));
  }

  void awaitConnected() {
    awaitLog("Connected to ");
  }

  /** Waits until the log has this text, said since the last start. */
  void awaitLog(String text) {
    Awaitility.await("the log line '" + text + "' in " + log)
        .atMost(Scale.PATIENCE)
        .until(
            () -> {
              boolean alive = process.isAlive();
              if (logText().contains(text)) {
                return true;
              }
              if (!alive) {
                throw new IllegalStateException("the relay has ended: " + logText());
              }
              return false;
            });
  }

  /** What was said since the last start. */
  String logText() throws IOException {
    byte[] all = Files.readAllBytes(log);
    return new String(all, (int) logBefore, all.length - (int) logBefore, StandardCharsets.UTF_8);
  }

  /** What was said since the first start. */
  String allLogText() throws IOException {
    return Files.readString(log);
  }

  /**
   * @param name STOP or CONT
   */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** SIGTERM; the exit code. */
  int term() throws InterruptedException {
    process.destroy();
    return awaitEnd();
  }

  /** The exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(Scale.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the relay does not end");
    }
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() throws InterruptedException {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      kill();
    }
  }
}
