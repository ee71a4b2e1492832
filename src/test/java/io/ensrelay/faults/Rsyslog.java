package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Debian's rsyslogd over TLS, as the page of the destination configures it. */
final class Rsyslog implements Receiver {
  private static final Path PROGRAM = Path.of("/usr/sbin/rsyslogd");

  private final ServerProcess process;
  private final int port = Brokers.freePort();
  private final Certificates certificates;
  private final Path file;

  Rsyslog(Path dir) throws IOException {
    process = new ServerProcess(dir);
    Path home = process.dir();
    file = home.resolve("ens.log");
    certificates = Certificates.create(home.resolve("certificates"));
    // GnuTLS reads the first block of a file, which is the key's in this one
    String pem = Files.readString(certificates.dir().resolve("server.pem"));
    Files.writeString(
        certificates.dir().resolve("server.crt"), pem.substring(pem.indexOf("-----BEGIN CERT")));
    Files.writeString(
        home.resolve("rsyslog.conf"),
        """
        global(
          workDirectory="%1$s"
          maxMessageSize="256k"
          defaultNetstreamDriver="gtls"
          defaultNetstreamDriverCAFile="%2$s/ca.pem"
          defaultNetstreamDriverCertFile="%2$s/server.crt"
          defaultNetstreamDriverKeyFile="%2$s/server.pem"
          parser.escapeControlCharactersOnReceive="off"
        )
        module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
        ruleset(name="ens") {
          action(type="omfile" file="%3$s" template="RSYSLOG_SyslogProtocol23Format")
        }
        input(type="imtcp" address="127.0.0.1" port="%4$s" ruleset="ens")
        """
            .formatted(home, certificates.dir(), file, Integer.toString(port)));
  }

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM)
        && Stream.of("x86_64", "aarch64")
            .anyMatch(
                cpu -> Files.exists(Path.of("/usr/lib", cpu + "-linux-gnu/rsyslog/lmnsd_gtls.so")));
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of(
        "url",
        "tls://localhost:" + port,
        "truststore",
        certificates.truststore(),
        "truststore-password",
        Certificates.PASSWORD);
  }

  @Override
  public void start() throws IOException {
    Path pid = process.dir().resolve("pid");
    Files.deleteIfExists(pid);
    process.start(
        port,
        Map.of(),
        List.of(
            PROGRAM.toString(),
            "-n",
            "-f",
            process.dir().resolve("rsyslog.conf").toString(),
            "-i",
            pid.toString()));
  }

  @Override
  public void stop() throws InterruptedException {
    process.kill();
  }

  @Override
  public void accept() {
    // it always does
  }

  @Override
  public long count() throws IOException {
    return lines().size();
  }

  @Override
  public Account account() throws IOException {
    Account account = new Account();
    lines().forEach(line -> account.add(SyslogReceiver.event(line)));
    return account;
  }

  /** Whole ones. */
  private List<String> lines() throws IOException {
    if (Files.notExists(file)) {
      return List.of();
    }
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }
}
