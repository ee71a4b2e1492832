package io.ensrelay.faults;

import io.ensrelay.base.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * HiveMQ Community Edition in a process and with a class path of its own, its store on disk. It
 * throws away what a client has waiting beyond 1,000 messages unless it is told otherwise.
 */
final class HiveMq implements Broker {
  private final ServerProcess process;
  private final int port = Brokers.freePort();
  private final Certificates certificates;

  HiveMq(Path dir) throws IOException {
    process = new ServerProcess(dir);
    certificates = Certificates.create(process.dir().resolve("certificates"));
    for (String folder : List.of("conf", "data", "log-files", "extensions")) {
      Files.createDirectories(process.dir().resolve(folder));
    }
    Files.writeString(
        process.dir().resolve("conf/config.xml"),
        """
        <hivemq>
          <listeners>
            <tls-tcp-listener>
              <port>%1$d</port>
              <bind-address>127.0.0.1</bind-address>
              <tls>
                <keystore>
                  <path>%2$s/server.p12</path>
                  <password>%3$s</password>
                  <private-key-password>%3$s</private-key-password>
                </keystore>
                <truststore>
                  <path>%2$s/truststore.p12</path>
                  <password>%3$s</password>
                </truststore>
                <client-authentication-mode>REQUIRED</client-authentication-mode>
              </tls>
            </tls-tcp-listener>
          </listeners>
          <mqtt>
            <queued-messages>
              <max-queue-size>1000000000</max-queue-size>
            </queued-messages>
          </mqtt>
          <persistence>
            <mode>file</mode>
          </persistence>
          <anonymous-usage-statistics>
            <enabled>false</enabled>
          </anonymous-usage-statistics>
        </hivemq>
        """
            .formatted(port, certificates.dir(), Certificates.PASSWORD));
  }

  static boolean isInstalled() {
    return jars().isPresent();
  }

  private static Optional<Path> jars() {
    return Brokers.fetched("hivemq")
        .filter(file -> file.getFileName().toString().startsWith("hivemq-community-edition"))
        .map(Path::getParent)
        .findFirst();
  }

  @Override
  public void start() throws IOException {
    process.start(
        port,
        Map.of(),
        JavaCommand.of(
            "-Xmx512m",
            "-Dhivemq.home=" + process.dir(),
            "-Dhivemq.log.folder=" + process.dir().resolve("log-files"),
            "-cp",
            jars().orElseThrow() + "/*",
            Brokers.FETCHING.resolve("OpenHiveMq.java").toString()));
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
