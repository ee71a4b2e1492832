package io.ensrelay.destination;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Debian's PostgreSQL on a free port of loopback, with a folder of its own. */
public final class PostgresServer implements AutoCloseable {
  private static final String USER = "nobody";

  private final Path folder;
  private final int port;
  private boolean isRunning;

  private PostgresServer(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  public static boolean isInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(each -> Files.isExecutable(Path.of(each, "initdb")));
  }

  public static PostgresServer create() throws Exception {
    Path folder = Files.createTempDirectory("ens-pg");
    if (isRoot()) {
      Files.setOwner(
          folder,
          folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER));
    }
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      PostgresServer server = new PostgresServer(folder, free.getLocalPort());
      server.run("initdb", "-N", "-U", "ens", "-A", "trust", "-E", "UTF8", "-D", server.data());
      return server;
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private String data() {
    return folder.resolve("db").toString();
  }

  public PostgresServer start() throws Exception {
    String options = "-F -p %d -k %s -c listen_addresses=127.0.0.1".formatted(port, folder);
    run(
        "pg_ctl",
        "-w",
        "-D",
        data(),
        "-l",
        folder.resolve("log").toString(),
        "-o",
        options,
        "start");
    isRunning = true;
    return this;
  }

  /** As by a crash. */
  public void stop() throws Exception {
    if (isRunning) {
      isRunning = false;
      run("pg_ctl", "-w", "-m", "immediate", "-D", data(), "stop");
    }
  }

  public String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url(), "ens", "");
  }

  private void run(String... command) throws Exception {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      all.addAll(List.of("setpriv", "--reuid=" + USER, "--clear-groups"));
    }
    all.addAll(List.of(command));
    Process process =
        new ProcessBuilder(all)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("out").toFile()))
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(command[0] + ": " + Files.readString(folder.resolve("out")));
    }
  }

  @Override
  public void close() throws Exception {
    try {
      stop();
    } finally {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }
}
