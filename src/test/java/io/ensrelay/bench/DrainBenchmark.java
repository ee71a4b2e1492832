package io.ensrelay.bench;

import com.sun.net.httpserver.HttpServer;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * Measures how fast a waiting durable session is drained over mTLS: by a bare Paho loop that
 * appends to a file and acknowledges, and by ens-relay into its archive, in turn, each in a JVM of
 * its own, against mosquitto on this machine.
 *
 * <p>After {@code ./mvnw package}: {@code java -cp target/test-classes:target/ens-relay.jar
 * io.ensrelay.bench.DrainBenchmark [events [rounds]]}. Needs mosquitto on the PATH. Prints a table;
 * judges nothing.
 */
public final class DrainBenchmark {
  static final String TENANT = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224";
  static final String PASSWORD = "changeit";
  private static final Path PAHO =
      Path.of(
          System.getProperty(
              "bench.paho",
              System.getProperty("user.home")
                  + "/.m2/repository/org/eclipse/paho/org.eclipse.paho.client.mqttv3/1.2.5"
                  + "/org.eclipse.paho.client.mqttv3-1.2.5.jar"));
  private static final List<String> TAILS =
      List.of("check_in", "check_in", "check_in", "app_inventory", "compliant", "not_compliant");

  private final Path dir;
  private final int events;
  private final int tlsPort = freePort();
  private final int plainPort = freePort();
  private int published;

  private DrainBenchmark(Path dir, int events) throws IOException {
    this.dir = dir;
    this.events = events;
  }

  public static void main(String[] args) throws Exception {
    int events = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    Path dir = Files.createTempDirectory("ens-bench");
    try {
      new DrainBenchmark(dir, events).run(rounds);
    } finally {
      delete(dir);
    }
  }

  private void run(int rounds) throws Exception {
    certificates();
    HttpServer metadata = metadata();
    Process broker = mosquitto();
    try {
      System.out.printf(
          "%d events a round, %d processors, Java %s, %s, mosquitto (mTLS, TLS 1.2)%n",
          events,
          Runtime.getRuntime().availableProcessors(),
          System.getProperty("java.version"),
          System.getProperty("os.name"));
      System.out.println(
          "round  bare Paho/s  ens-relay/s  ratio  first event  CPU s/100,000  peak MB");
      makeSession("bare");
      relay(metadata, 0);
      for (int round = 1; round <= rounds; round++) {
        publish();
        double bare = bare();
        Drain relay = relay(metadata, events);
        System.out.printf(
            "%5d  %11.0f  %11.0f  %5.2f  %8.1f s  %13.1f  %7d%n",
            round,
            bare,
            relay.perSecond,
            relay.perSecond / bare,
            relay.firstAfterSeconds,
            relay.cpuSeconds * 100_000 / events,
            relay.peakMegabytes);
      }
    } finally {
      broker.destroy();
      broker.waitFor();
      metadata.stop(0);
    }
  }

  private void certificates() throws IOException {
    CertificateAuthority authority = CertificateAuthority.create("benchmark CA");
    authority.writePem(dir.resolve("ca.pem"));
    authority.writeTruststore(dir.resolve("truststore.p12"), PASSWORD);
    authority
        .issue(CertificateRequest.server("localhost", "localhost", "127.0.0.1"))
        .writePem(dir.resolve("server.pem"), "");
    authority
        .issue(CertificateRequest.client("cps-user"))
        .writePkcs12(dir.resolve("client.p12"), PASSWORD);
  }

  private HttpServer metadata() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 10);
    StringBuilder topics = new StringBuilder();
    TAILS.stream()
        .distinct()
        .forEach(
            tail ->
                topics
                    .append(topics.length() == 0 ? "" : ",")
                    .append("\"device_%s\":\"%s/device/%s\"".formatted(tail, TENANT, tail)));
    byte[] body =
        ("{\"topics\":{" + topics + "},\"retentionPeriodMinutes\":180}")
            .getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private Process mosquitto() throws Exception {
    Path configuration = dir.resolve("mosquitto.conf");
    Files.writeString(
        configuration,
        """
        user root
        per_listener_settings false
        allow_anonymous true
        max_queued_messages 0
        listener %d 127.0.0.1
        cafile %2$s/ca.pem
        certfile %2$s/server.pem
        keyfile %2$s/server.pem
        require_certificate true
        tls_version tlsv1.2
        listener %3$d 127.0.0.1
        """
            .formatted(tlsPort, dir, plainPort));
    Process process =
        new ProcessBuilder("mosquitto", "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("mosquitto.log").toFile())
            .start();
    for (int i = 0; i < 100; i++) {
      try (java.net.Socket socket = new java.net.Socket("127.0.0.1", plainPort)) {
        return process;
      } catch (IOException e) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
    throw new IOException(Files.readString(dir.resolve("mosquitto.log")));
  }

  private void makeSession(String clientId) throws Exception {
    java("io.ensrelay.bench.BareLoop", dir, clientId, "0", dir.toString(), "" + tlsPort).waitFor();
  }

  private double bare() throws Exception {
    Process process =
        java("io.ensrelay.bench.BareLoop", dir, "bare", "" + events, dir.toString(), "" + tlsPort);
    String line =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    process.waitFor();
    return Double.parseDouble(line);
  }

  private record Drain(
      double perSecond, double firstAfterSeconds, double cpuSeconds, long peakMegabytes) {}

  private Drain relay(HttpServer metadata, int expected) throws Exception {
    Path work = Files.createDirectories(dir.resolve("relay"));
    delete(work.resolve("events"));
    Files.writeString(
        work.resolve("application.properties"),
        """
        ens.api.url=http://127.0.0.1:%d
        ens.mqtt.url=ssl://localhost:%d
        ens.mqtt.client-id=relay
        ens.tls.keystore=%3$s/client.p12
        ens.tls.keystore-password=changeit
        ens.tls.truststore=%3$s/truststore.p12
        ens.tls.truststore-password=changeit
        """
            .formatted(metadata.getAddress().getPort(), tlsPort, dir));
    long start = System.nanoTime();
    Process process = java("io.ensrelay.EnsRelay", work);
    Path log = work.resolve("relay.log");
    if (expected == 0) {
      while (process.isAlive() && !Files.readString(log).contains("Connected to")) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
      process.destroy();
      process.waitFor();
      return null;
    }
    long first = 0;
    while (process.isAlive() && lines(work.resolve("events")) < expected) {
      if (first == 0 && lines(work.resolve("events")) > 0) {
        first = System.nanoTime();
      }
      TimeUnit.MILLISECONDS.sleep(first == 0 ? 10 : 50);
    }
    if (!process.isAlive()) {
      throw new IOException(Files.readString(log));
    }
    long end = System.nanoTime();
    double cpu = process.info().totalCpuDuration().orElseThrow().toMillis() / 1000.0;
    long peak = peakMegabytes(process.pid());
    process.destroy();
    process.waitFor();
    return new Drain(expected * 1e9 / (end - first), (first - start) / 1e9, cpu, peak);
  }

  private long counted;
  private long countedLines;

  /** Counts on from where it was, so that watching costs little. */
  private long lines(Path events) throws IOException {
    if (!Files.isDirectory(events)) {
      counted = 0;
      countedLines = 0;
      return 0;
    }
    try (Stream<Path> files = Files.list(events)) {
      Path file = files.findFirst().orElse(null);
      if (file == null) {
        return 0;
      }
      try (var channel = java.nio.channels.FileChannel.open(file)) {
        java.nio.ByteBuffer block = java.nio.ByteBuffer.allocate(1 << 20);
        while (channel.read(block, counted) > 0) {
          block.flip();
          counted += block.remaining();
          while (block.hasRemaining()) {
            if (block.get() == '\n') {
              countedLines++;
            }
          }
          block.clear();
        }
      }
      return countedLines;
    }
  }

  private static long peakMegabytes(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    if (!Files.exists(status)) {
      return -1;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1L);
  }

  /**
   * The bare loop has Paho as it is published, before ours in the class path: the relay's jar has a
   * quicker {@code CountingInputStream}.
   */
  private static Process java(String mainClass, Path work, String... arguments) throws IOException {
    boolean bare = mainClass.endsWith("BareLoop");
    if (bare && !Files.isRegularFile(PAHO)) {
      throw new IOException(PAHO + " is missing: say where Paho is with -Dbench.paho");
    }
    String classPath =
        Stream.concat(
                bare ? Stream.of(PAHO.toString()) : Stream.empty(),
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .reduce((a, b) -> a + File.pathSeparator + b)
            .orElseThrow();
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                classPath));
    String options = System.getProperty("bench.options", "");
    if (!options.isBlank() && mainClass.endsWith("EnsRelay")) {
      command.addAll(1, List.of(options.split(" ")));
    }
    command.add(mainClass);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("ENS_"));
    return builder.redirectError(work.resolve("relay.log").toFile()).start();
  }

  private void publish() throws Exception {
    MqttAsyncClient client =
        new MqttAsyncClient("tcp://127.0.0.1:" + plainPort, "publisher", new MemoryPersistence());
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMaxInflight(5000);
    client.connect(options).waitForCompletion();
    int window = 2000;
    Semaphore room = new Semaphore(window);
    for (int i = 0; i < events; i++) {
      String tail = TAILS.get(i % TAILS.size());
      room.acquire();
      client.publish(
          TENANT + "/device/" + tail,
          message(tail, published++).getBytes(StandardCharsets.UTF_8),
          1,
          false,
          null,
          new IMqttActionListener() {
            @Override
            public void onSuccess(IMqttToken token) {
              room.release();
            }

            @Override
            public void onFailure(IMqttToken token, Throwable e) {
              throw new IllegalStateException(e);
            }
          });
    }
    room.acquire(window);
    client.disconnect().waitForCompletion();
    client.close();
  }

  private static String message(String tail, int seq) {
    return """
        {"timestamp":1582796173229,"eventType":"device.%s","seq":%d,"devices":[\
        {"compliant":true,"quarantined":false,"blocked":false,"compromised":false,"status":"ACTIVE",\
        "lastCheckInTime":1582796171062,"registrationTime":1582608427870,\
        "identifier":"f2e01873c6d96d87f1a34ff72e0e4143e42ee089","macAddress":"74:81:14:d6:f5:b7",\
        "manufacturer":"Apple Inc.","model":"iPad5,3","os":"IOS","osVersion":"12.2",\
        "serialNumber":"DMPPK6YVG5VT","userId":"someone@example.com",\
        "userUuid":"5159964d-95a7-466f-9677-1b90877f045f","deviceGuid":"device-%d"}]}"""
        .formatted(tail, seq, seq % 5000);
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
