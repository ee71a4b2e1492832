package io.ensrelay.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What one would take to get events into a file, each in a process of its own. */
abstract class Candidate {
  final String name;

  /** What is safe when an event is acknowledged to the service. */
  final String promise;

  /** What its part of the topics begins with. */
  final String tenant;

  final Path work;
  final Service service;

  /** Of its JVM, where it has one. */
  private final List<String> options = new ArrayList<>(List.of("-Xmx256m"));

  Candidate(Service service, String name, String promise) throws IOException {
    this.service = service;
    this.name = name;
    this.promise = promise;
    // as a tenant of the service is named: the relay subscribes to no other topics
    tenant = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    work = Files.createDirectories(service.dir.resolve(tenant));
  }

  static List<Candidate> all(Service service) throws Exception {
    return List.of(
        new Subscriber(service),
        new Loop(service, "Paho loop", PahoLoop.class, "written to the file, not forced to disk"),
        new Loop(service, "HiveMQ loop", HiveLoop.class, "written to the file, not forced to disk"),
        new Loop(
            service,
            "Camel, stock",
            CamelRoute.class,
            "written to the file, not forced; a write that fails is acknowledged too"),
        new Loop(
            service,
            "Spring Integration",
            SpringFlow.class,
            "written to the file, not forced to disk"),
        new NodeRed(service),
        new EnsRelay(service, "ens-relay"));
  }

  /** ens-relay with the class data that a run before has left. */
  static Candidate shared(Service service) throws Exception {
    EnsRelay relay = new EnsRelay(service, "ens-relay CDS");
    relay.begin();
    ((Candidate) relay).options.add(relay.classData());
    return relay;
  }

  /** The file its events go to. */
  Path file() {
    return work.resolve("out.jsonl");
  }

  /** Makes an empty session for it. */
  void begin() throws Exception {
    service.session(tenant, tenant, false);
    service.session(tenant, tenant, true);
    Files.deleteIfExists(file());
  }

  void end() throws Exception {
    service.session(tenant, tenant, false);
  }

  abstract Process start() throws Exception;

  Process java(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("java"));
    command.addAll(options);
    command.addAll(List.of(arguments));
    return process(command.toArray(String[]::new));
  }

  Process process(String... command) throws IOException {
    return new ProcessBuilder(command)
        .directory(work.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(work.resolve("log").toFile()))
        .start();
  }

  String log() throws IOException {
    Path log = work.resolve("log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  void requireAlive(Process process) throws IOException {
    if (!process.isAlive()) {
      throw new IOException(name + " has ended: " + log());
    }
  }

  static void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  /** The limit: what a client in C takes from the broker. */
  private static final class Subscriber extends Candidate {
    Subscriber(Service service) throws IOException {
      super(service, "mosquitto_sub", "nothing: acknowledged before it is written");
    }

    @Override
    Process start() throws IOException {
      String subscribe =
          "exec mosquitto_sub -h localhost -p %d --cafile %2$s/ca.pem --cert %2$s/client.pem --key"
              + " %2$s/client.pem -i %3$s -c -q 1 -t '%3$s/device/#' >> out.jsonl";
      return process("sh", "-c", subscribe.formatted(service.tlsPort, service.dir, tenant));
    }
  }

  /** A program of this package: tenant, directory, port. */
  private static final class Loop extends Candidate {
    private final Class<?> main;

    Loop(Service service, String name, Class<?> main, String promise) throws IOException {
      super(service, name, promise);
      this.main = main;
    }

    @Override
    Process start() throws IOException {
      return java(
          "-Dlogback.configurationFile=bench/logback.xml",
          "-cp",
          classpath(),
          main.getName(),
          tenant,
          service.dir.toString(),
          Integer.toString(service.tlsPort),
          file().toString());
    }

    /** With Paho and Camel as they are published: the relay's own classes replace two of Paho's. */
    private static String classpath() {
      String own = Path.of("target", "classes").toAbsolutePath().toString();
      return String.join(
          ":",
          Arrays.stream(System.getProperty("java.class.path").split(":"))
              .filter(entry -> !entry.equals(own))
              .toList());
    }
  }

  /** A flow of mqtt in, json, switch and file. */
  private static final class NodeRed extends Candidate {
    private static final String VERSION = "4.1.1";

    NodeRed(Service service) throws Exception {
      super(service, "Node-RED", "nothing: acknowledged before the flow has it");
      Path installed = Path.of("target", "node-red").toAbsolutePath();
      if (!Files.exists(installed.resolve("node_modules/node-red/red.js"))) {
        Files.createDirectories(installed);
        int ended =
            new ProcessBuilder("npm", "install", "--no-audit", "--no-fund", "node-red@" + VERSION)
                .directory(installed.toFile())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("npm.log").toFile())
                .start()
                .waitFor();
        if (ended != 0) {
          throw new IOException(Files.readString(work.resolve("npm.log")));
        }
      }
      String flow = new String(resource("/bench/flows.json"), "UTF-8");
      for (Map.Entry<String, String> value :
          Map.of(
                  "@PORT@",
                  "" + service.tlsPort,
                  "@DIR@",
                  service.dir.toString(),
                  "@TENANT@",
                  tenant,
                  "@FILE@",
                  file().toString())
              .entrySet()) {
        flow = flow.replace(value.getKey(), value.getValue());
      }
      Files.writeString(work.resolve("flows.json"), flow);
      Files.writeString(
          work.resolve("settings.js"),
          "module.exports = {flowFile: 'flows.json', httpAdminRoot: false, uiHost: '127.0.0.1',"
              + " uiPort: "
              + Service.freePort()
              + ", credentialSecret: false, logging: {console: {level: 'warn'}}};");
      Files.writeString(work.resolve("flows_cred.json"), "{}");
    }

    private static byte[] resource(String name) throws IOException {
      try (var in = Candidate.class.getResourceAsStream(name)) {
        return in.readAllBytes();
      }
    }

    @Override
    Process start() throws IOException {
      return process(
          "node",
          Path.of("target/node-red/node_modules/node-red/red.js").toAbsolutePath().toString(),
          "--userDir",
          work.toString(),
          "--settings",
          work.resolve("settings.js").toString());
    }
  }

  /** The packaged jar with its archive. */
  static final class EnsRelay extends Candidate {
    private final Path jar = Path.of("target", "ens-relay.jar").toAbsolutePath();
    private final List<String> properties = new ArrayList<>();

    EnsRelay(Service service, String name) throws IOException {
      super(service, name, "forced to disk in the spool");
    }

    /** What follows {@code java} to run the jar. */
    List<String> jar(String... options) {
      List<String> java = new ArrayList<>(List.of(options));
      java.addAll(List.of("-jar", jar.toString()));
      return java;
    }

    /** The option for the class data that a run with one event leaves. */
    String classData() throws Exception {
      Path classes = work.resolve("shared.jsa");
      service.publish(tenant, Shape.USUAL, 0, 1);
      Process first = start(jar("-XX:ArchiveClassesAtExit=" + classes));
      while (file().toFile().length() == 0) {
        requireAlive(first);
        TimeUnit.MILLISECONDS.sleep(20);
      }
      stop(first);
      return "-XX:SharedArchiveFile=" + classes;
    }

    /** With further lines of configuration. */
    Process start(List<String> java, String... more) throws Exception {
      Files.writeString(
          work.resolve("application.properties"),
          """
          ens.api.url=%s
          ens.mqtt.url=ssl://localhost:%d
          ens.mqtt.client-id=%s
          ens.tenant=bench
          ens.http.port=0
          camel.management.port=0
          ens.tls.keystore=%4$s/client.p12
          ens.tls.keystore-password=changeit
          ens.tls.truststore=%4$s/truststore.p12
          ens.tls.truststore-password=changeit
          """
                  .formatted(service.metadataOf(tenant), service.tlsPort, tenant, service.dir)
              + String.join("\n", properties)
              + "\n"
              + String.join("\n", more)
              + "\n");
      return java(java.toArray(String[]::new));
    }

    @Override
    Process start() throws Exception {
      return start(jar());
    }

    /** Routes of its own beside the shipped ones; none: the shipped ones alone. */
    void routes(Map<String, String> destinations) throws Exception {
      Path routes = work.resolve("routes");
      delete(routes);
      properties.clear();
      if (destinations.isEmpty()) {
        return;
      }
      Path shipped = Path.of("routes").toAbsolutePath();
      try (Stream<Path> files = Files.walk(shipped)) {
        for (Path from : files.toList()) {
          Path to = routes.resolve(shipped.relativize(from).toString());
          if (Files.isDirectory(from)) {
            Files.createDirectories(to);
          } else {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
      for (Map.Entry<String, String> route : destinations.entrySet()) {
        Files.writeString(
            routes.resolve("destinations/" + route.getKey() + ".camel.yaml"), route.getValue());
      }
      Files.readAllLines(Path.of("application.properties")).stream()
          .filter(line -> line.startsWith("camel."))
          .forEach(properties::add);
    }

    /** Beside it, for a moment at the start, is what tries whether the folder can be written. */
    @Override
    Path file() {
      try (Stream<Path> files = Files.list(work.resolve("events"))) {
        return files
            .filter(path -> path.toString().endsWith(".jsonl"))
            .findFirst()
            .orElse(work.resolve("none"));
      } catch (IOException e) {
        return work.resolve("none");
      }
    }

    /** Its session begins with a first start, which leaves it a data directory. */
    @Override
    void begin() throws Exception {
      end();
      delete(work.resolve("events"));
      connectOnce();
    }

    /** Forgets the data with the session: one without the other is a gap, which is an event. */
    @Override
    void end() throws Exception {
      super.end();
      delete(work.resolve("data"));
    }

    void connectOnce(String... more) throws Exception {
      stop(connected(jar(), more));
    }

    /** Returns when this process has said that it is connected. */
    Process connected(List<String> java, String... more) throws Exception {
      Files.deleteIfExists(work.resolve("log"));
      Process process = start(java, more);
      while (!log().contains("Connected to")) {
        requireAlive(process);
        TimeUnit.MILLISECONDS.sleep(20);
      }
      return process;
    }

    void forgetEvents() throws IOException {
      delete(work.resolve("events"));
    }
  }

  static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    }
  }
}
