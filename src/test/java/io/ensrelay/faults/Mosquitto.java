package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A real mosquitto in a process of its own, with persistence. */
final class Mosquitto implements Broker {
  private final ServerProcess process;
  private final int port = Brokers.freePort();
  private final Certificates certificates;

  Mosquitto(Path dir) throws IOException {
    process = new ServerProcess(dir);
    certificates = Certificates.create(dir.resolve("certificates"));
    Files.writeString(
        dir.resolve("mosquitto.conf"),
        """
        user root
        allow_anonymous true
        max_queued_messages 0
        persistence true
        persistence_location %2$s/
        listener %1$d 127.0.0.1
        cafile %3$s/ca.pem
        certfile %3$s/server.pem
        keyfile %3$s/server.pem
        require_certificate true
        use_identity_as_username true
        """
            .formatted(port, dir, certificates.dir()));
  }

  static boolean isInstalled() {
    return program().isPresent();
  }

  /** Debian has it where only root's PATH leads. */
  private static Optional<Path> program() {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(":")),
            List.of("/usr/sbin", "/usr/local/sbin").stream())
        .map(folder -> Path.of(folder, "mosquitto"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Override
  public void start() throws IOException {
    process.start(
        port, Map.of(), List.of(program().orElseThrow().toString(), "-c", "mosquitto.conf"));
  }

  String log() throws IOException {
    return Files.readString(process.dir().resolve("log"));
  }

  @Override
  public void stop() throws InterruptedException {
    process.stop();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public Certificates certificates() {
    return certificates;
  }
}
