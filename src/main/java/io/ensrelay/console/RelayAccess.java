package io.ensrelay.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.base.FailureReason;
import io.ensrelay.base.FileOwner;
import io.ensrelay.config.Settings;
import io.ensrelay.config.ValueRules;
import io.ensrelay.event.DeviceField;
import io.ensrelay.spool.KafkaKeys;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.log.LogView;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Access for commands: to the running relay through its local API, or, if none runs, to the spool
 * in the data directory, which nobody else uses meanwhile. The calls and answers are the same.
 *
 * <p>A call fails with an {@link IOException} whose message is one line that says what to do.
 */
public final class RelayAccess implements AutoCloseable {
  private static final String KEY = "ens.data.dir";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Optional<Running> running;
  private final Optional<Stopped> stopped;

  private record Running(HttpClient client, String url, String token) {}

  private record Stopped(DataDirectoryLock lock, Spool spool, SpoolView view, Api api) {}

  private RelayAccess(Optional<Running> running, Optional<Stopped> stopped) {
    this.running = running;
    this.stopped = stopped;
  }

  public static RelayAccess open(Settings settings) throws IOException {
    Path data = data(settings);
    Optional<DataDirectoryLock> lock = DataDirectoryLock.tryOf(data);
    if (lock.isPresent()) {
      return new RelayAccess(Optional.empty(), Optional.of(stopped(settings, data, lock.get())));
    }
    if (!DataDirectoryLock.isOfRelay(data)) {
      throw new IOException(
          "another command works on %s: try again when it has ended".formatted(data));
    }
    return new RelayAccess(Optional.of(running(settings, data)), Optional.empty());
  }

  /** The event log as it lies on disk, whether a relay runs or not; nothing is changed. */
  public static LogView log(Settings settings) throws IOException {
    Path data = data(settings);
    try {
      return Spool.look(data, kafka(settings));
    } catch (AccessDeniedException e) {
      throw FileOwner.refused(KEY, data);
    }
  }

  /**
   * The cluster that has the events.
   *
   * @throws ConfigurationException if Kafka's client is missing, or a property can't work
   */
  private static Optional<KafkaSettings> kafka(Settings settings) {
    Optional<KafkaSettings> kafka = KafkaKeys.of(settings);
    if (kafka.isPresent()) {
      KafkaSettings.requireClient();
    }
    return kafka;
  }

  private static Path data(Settings settings) throws IOException {
    Path data = Path.of(settings.get(KEY).orElse("data"));
    if (Files.notExists(data)) {
      throw new IOException(
          "there is no data directory %s: no relay has run here yet (%s)".formatted(data, KEY));
    }
    if (DataDirectoryLock.isNew(data)) {
      throw new IOException("no relay has run on %s yet (%s)".formatted(data, KEY));
    }
    return data;
  }

  private static Running running(Settings settings, Path data) throws IOException {
    Path address = data.resolve(Console.ADDRESS);
    if (!Files.exists(address)) {
      throw new IOException(
          "a relay runs on %s, but its console does not: look into its log for ens.http.port"
              .formatted(data));
    }
    String url;
    try {
      url = Files.readString(address).strip();
    } catch (AccessDeniedException e) {
      url = ""; // reading the token's file fails with its owner's name
    }
    String token = TokenFile.read(data);
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5));
    if (url.startsWith("https:")) {
      client.sslContext(OwnCertificate.trusted(settings.tls("ens.http.tls")));
    }
    return new Running(client.build(), url, token);
  }

  private static Stopped stopped(Settings settings, Path data, DataDirectoryLock lock) {
    Spool spool =
        new Spool(
            data,
            Spool.Config.keepingAll(settings.get("ens.tenant").orElse("default"))
                .on(kafka(settings))
                .with(deviceFields(settings)));
    SpoolView view = new SpoolView(spool);
    Api api = new Api(spool, view, Map::of, () -> destinations(view), List.of());
    return new Stopped(lock, spool, view, api);
  }

  private static Optional<Set<DeviceField>> deviceFields(Settings settings) {
    return settings
        .get("ens.devices.enabled")
        .filter(Boolean::parseBoolean)
        .flatMap(on -> settings.get("ens.devices.fields"))
        .map(fields -> ValueRules.deviceFields("ens.devices.fields", fields));
  }

  private static List<Status.Destination> destinations(SpoolView view) {
    try {
      Map<String, Long> letters = view.deadLetters();
      Instant now = Instant.now();
      return view.backlogs().stream()
          .map(backlog -> StatusReport.stopped(backlog, letters, now))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /** Whether there is a running relay. */
  public boolean isRunning() {
    return running.isPresent();
  }

  /**
   * @param call path and query, such as {@code /api/dead?limit=10}
   */
  public JsonNode get(String call) throws IOException {
    if (running.isPresent()) {
      return answer(send(request(call).GET(), HttpResponse.BodyHandlers.ofByteArray()));
    }
    return inProcess("GET", call, new byte[0]);
  }

  /**
   * @param body sent as JSON
   */
  public JsonNode post(String path, ApiRequest body) throws IOException {
    return post(path, Json.bytes(body));
  }

  /**
   * @param json sent as it is
   */
  public JsonNode post(String path, byte[] json) throws IOException {
    if (running.isPresent()) {
      HttpRequest.Builder request =
          request(path)
              .header("Content-Type", "application/json")
              .header("X-Ens-Relay", "1")
              .POST(HttpRequest.BodyPublishers.ofByteArray(json));
      return answer(send(request, HttpResponse.BodyHandlers.ofByteArray()));
    }
    return inProcess("POST", path, json);
  }

  /** Lines as they come, until the relay ends; only of a running one. */
  public Stream<String> lines(String call) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(running.orElseThrow().url() + call));
    authorize(request);
    HttpResponse<Stream<String>> response = send(request, HttpResponse.BodyHandlers.ofLines());
    if (response.statusCode() != 200) {
      throw new IOException(error(response.statusCode(), response.body().findFirst().orElse("")));
    }
    return response.body();
  }

  private HttpRequest.Builder request(String call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(running.orElseThrow().url() + call)).timeout(PATIENCE);
    authorize(request);
    return request;
  }

  private void authorize(HttpRequest.Builder request) {
    request.header("Authorization", "Bearer " + running.orElseThrow().token());
  }

  private <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body)
      throws IOException {
    try {
      return running.orElseThrow().client().send(request.build(), body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (IOException e) {
      throw new IOException(
          "the relay does not answer at "
              + running.orElseThrow().url()
              + " ("
              + FailureReason.of(e).reason()
              + ")");
    }
  }

  private static JsonNode answer(HttpResponse<byte[]> response) throws IOException {
    String text = new String(response.body(), StandardCharsets.UTF_8);
    if (response.statusCode() != 200) {
      throw new IOException(error(response.statusCode(), text));
    }
    return JSON.readTree(text);
  }

  private static String error(int status, String text) {
    try {
      return JSON.readTree(text).path("error").asText("HTTP " + status);
    } catch (IOException e) {
      return "HTTP " + status;
    }
  }

  private JsonNode inProcess(String method, String call, byte[] body) throws IOException {
    try {
      Reply reply =
          stopped
              .orElseThrow()
              .api()
              .answer(Call.of(method, URI.create(call), body))
              .orElseThrow(() -> new IOException("only a running relay can answer that"));
      return JSON.readTree(reply.body());
    } catch (IllegalArgumentException | BadCallException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    if (stopped.isPresent()) {
      stopped.get().spool().close();
      stopped.get().lock().close();
    }
  }
}
