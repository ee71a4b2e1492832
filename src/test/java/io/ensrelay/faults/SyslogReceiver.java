package io.ensrelay.faults;

import io.ensrelay.destination.SyslogServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A syslog receiver over TCP. It can't refuse: syslog has no answers. */
final class SyslogReceiver implements Receiver {
  private final int port = Brokers.freePort();

  /** One for each start; the last one listens. */
  private final List<SyslogServer> servers = new ArrayList<>();

  SyslogReceiver() throws IOException {}

  @Override
  public Map<String, Object> settings() {
    return Map.of("url", "tcp://127.0.0.1:" + port);
  }

  /** Tries again while the port is still in use: a listener is closed by the thread that waits. */
  @Override
  public synchronized void start() {
    Awaitility.await("port " + port)
        .atMost(Scale.PATIENCE)
        .ignoreExceptions()
        .until(() -> servers.add(SyslogServer.tcp(port)));
  }

  @Override
  public synchronized void stop() throws IOException {
    if (!servers.isEmpty()) {
      servers.get(servers.size() - 1).close();
    }
  }

  @Override
  public void accept() {
    // it always does
  }

  @Override
  public synchronized long count() {
    return servers.stream().mapToLong(server -> server.messages().size()).sum();
  }

  @Override
  public synchronized Account account() {
    Account account = new Account();
    for (SyslogServer server : servers) {
      server.messages().forEach(message -> account.add(event(message)));
      if (!server.mistakes().isEmpty()) {
        throw new AssertionError(server.mistakes());
      }
    }
    return account;
  }

  /** What follows the structured data of a message. */
  static byte[] event(String message) {
    int end = message.indexOf("] {");
    return message.substring(Math.max(0, end + 2)).getBytes(StandardCharsets.UTF_8);
  }
}
