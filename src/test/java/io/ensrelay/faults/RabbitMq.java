package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Debian's RabbitMQ with its MQTT plugin, as a node of its own: on the loopback address, with its
 * own data, configuration, cookie and port mapper. The service of the machine is left alone.
 */
final class RabbitMq implements Broker {
  private static final Path PROGRAM = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");

  private final ServerProcess process;
  private final ServerProcess portMapper;
  private final int port = Brokers.freePort();
  private final int portMapperPort = Brokers.freePort();
  private final int nodePort = Brokers.freePort();
  private final Certificates certificates;

  RabbitMq(Path dir) throws IOException {
    process = new ServerProcess(dir);
    portMapper = new ServerProcess(dir.resolve("epmd"));
    certificates = Certificates.create(process.dir().resolve("certificates"));
    Files.writeString(process.dir().resolve("enabled_plugins"), "[rabbitmq_mqtt].\n");
    Files.writeString(
        process.dir().resolve("rabbitmq.conf"),
        """
        listeners.tcp = none
        mqtt.listeners.tcp = none
        mqtt.listeners.ssl.1 = 127.0.0.1:%1$d
        ssl_options.cacertfile = %2$s/ca.pem
        ssl_options.certfile = %2$s/server.pem
        ssl_options.keyfile = %2$s/server.pem
        ssl_options.verify = verify_peer
        ssl_options.fail_if_no_peer_cert = true
        mqtt.allow_anonymous = true
        log.console = true
        log.console.level = info
        """
            .formatted(port, certificates.dir()));
  }

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  @Override
  public void start() throws IOException {
    String home = process.dir().toString();
    portMapper.start(
        portMapperPort,
        Map.of(),
        List.of("epmd", "-port", Integer.toString(portMapperPort), "-address", "127.0.0.1"));
    process.start(
        port,
        Map.ofEntries(
            Map.entry("HOME", home),
            Map.entry("ERL_EPMD_PORT", Integer.toString(portMapperPort)),
            Map.entry("RABBITMQ_NODENAME", "faults-" + port + "@localhost"),
            Map.entry("RABBITMQ_DIST_PORT", Integer.toString(nodePort)),
            Map.entry(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}"),
            Map.entry("RABBITMQ_CONF_ENV_FILE", home + "/none"),
            Map.entry("RABBITMQ_CONFIG_FILE", home + "/rabbitmq.conf"),
            Map.entry("RABBITMQ_ENABLED_PLUGINS_FILE", home + "/enabled_plugins"),
            Map.entry("RABBITMQ_MNESIA_BASE", home + "/data"),
            Map.entry("RABBITMQ_LOG_BASE", home + "/logs"),
            Map.entry("RABBITMQ_GENERATED_CONFIG_DIR", home + "/generated"),
            Map.entry("RABBITMQ_LOGS", "-")),
        List.of(PROGRAM.toString()));
  }

  @Override
  public void stop() throws InterruptedException {
    process.stop();
    portMapper.stop();
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
