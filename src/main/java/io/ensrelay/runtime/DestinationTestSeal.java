package io.ensrelay.runtime;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Refuses every connection that Java's sockets make by themselves while destination tests run: Java
 * asks the selector of proxies before each. Threads: safe.
 */
final class DestinationTestSeal extends ProxySelector implements AutoCloseable {
  private final ProxySelector before;
  private final Consumer<String> leaks;

  /**
   * @param leaks gets the host and port of each connection that is refused
   */
  DestinationTestSeal(Consumer<String> leaks) {
    this.leaks = leaks;
    before = ProxySelector.getDefault();
    ProxySelector.setDefault(this);
  }

  /** Seals channels, datagrams and the DNS, which ask no selector of proxies. */
  @SuppressWarnings("deprecation") // there is no other way to refuse datagrams
  static void ofProcess() throws IOException {
    System.setProperty(
        "java.nio.channels.spi.SelectorProvider", DestinationTestChannels.class.getName());
    System.setProperty(
        "java.nio.channels.spi.AsynchronousChannelProvider",
        DestinationTestAsynchronousChannels.class.getName());
    DatagramSocket.setDatagramSocketImplFactory(
        () -> {
          throw new IllegalStateException("a destination test lets no datagram out");
        });
    Path hosts = Files.createTempFile("ens-relay-hosts", "");
    hosts.toFile().deleteOnExit();
    Files.writeString(hosts, "127.0.0.1 localhost\n");
    // Java then asks no name server
    System.setProperty("jdk.net.hosts.file", hosts.toString());
  }

  @Override
  public List<Proxy> select(URI uri) {
    String where = uri == null ? "somewhere" : uri.getAuthority();
    leaks.accept(where);
    // the socket makes an IOException of it
    throw new IllegalArgumentException(
        "a destination test lets no connection out, and this one goes to " + where);
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException reason) {
    // no connection is made
  }

  @Override
  public void close() {
    ProxySelector.setDefault(before);
  }
}
