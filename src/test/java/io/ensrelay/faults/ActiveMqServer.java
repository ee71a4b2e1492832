package io.ensrelay.faults;

import io.ensrelay.base.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The distribution of ActiveMQ Classic in a process of its own, with the configuration it comes
 * with; only MQTT over TLS is open, and there is no web console.
 */
final class ActiveMqServer implements Broker {
  private final ServerProcess process;
  private final Path home = home().orElseThrow();
  private final int port = Brokers.freePort();
  private final Certificates certificates;

  ActiveMqServer(Path dir) throws IOException {
    process = new ServerProcess(dir);
    Path base = process.dir();
    certificates = Certificates.create(base.resolve("certificates"));
    Files.createDirectories(base.resolve("conf"));
    Files.createDirectories(base.resolve("data"));
    try (Stream<Path> files = Files.list(home.resolve("conf"))) {
      for (Path file : files.toList()) {
        Files.copy(file, base.resolve("conf").resolve(file.getFileName().toString()));
      }
    }
    Path configuration = base.resolve("conf/activemq.xml");
    Files.writeString(configuration, adapted(Files.readString(configuration)));
  }

  private String adapted(String configuration) {
    String tls =
        """
        <sslContext>
          <sslContext keyStore="file:%1$s/server.p12" keyStoreType="PKCS12"
              keyStorePassword="%2$s" trustStore="file:%1$s/truststore.p12"
              trustStoreType="PKCS12" trustStorePassword="%2$s"/>
        </sslContext>
        <transportConnectors>
          <transportConnector name="mqtt+ssl"
              uri="mqtt+ssl://127.0.0.1:%3$d?transport.needClientAuth=true"/>
        </transportConnectors>
        """
            .formatted(certificates.dir(), Certificates.PASSWORD, port);
    return configuration
        .replaceFirst("(?s)<transportConnectors>.*</transportConnectors>", tls)
        .replace("<import resource=\"jetty.xml\"/>", "");
  }

  static boolean isInstalled() {
    return home().isPresent();
  }

  private static Optional<Path> home() {
    return Brokers.fetched("activemq")
        .filter(path -> Files.isDirectory(path.resolve("lib")))
        .findFirst();
  }

  @Override
  public void start() throws IOException {
    process.start(
        port,
        Map.of(),
        JavaCommand.of(
            "-Xmx512m",
            "-Dactivemq.home=" + home,
            "-Dactivemq.base=" + process.dir(),
            "-Dactivemq.conf=" + process.dir().resolve("conf"),
            "-Dactivemq.data=" + process.dir().resolve("data"),
            "-jar",
            home.resolve("bin/activemq.jar").toString(),
            "start",
            "xbean:file:" + process.dir().resolve("conf/activemq.xml")));
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
