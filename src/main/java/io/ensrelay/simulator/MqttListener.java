package io.ensrelay.simulator;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.remoting.server.RemotingService;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;

/**
 * The MQTT port of a broker; it can be closed and opened again while connections stay open. The
 * broker can't reopen an acceptor: each opening creates a new one, and the old one is removed after
 * its last connection.
 *
 * <p>Threads: one at a time.
 */
final class MqttListener {
  private static final int FREE_PORT_ATTEMPTS = 5;

  private final RemotingService remoting;
  private final Profile profile;
  private final SimulatorCertificates certificates;
  private final ServiceRules rules;
  private final Deque<Acceptor> closed = new ArrayDeque<>();
  private Acceptor acceptor;
  private boolean isOpen;
  private Socket held = new Socket();
  private int port;
  private int openings;

  MqttListener(
      RemotingService remoting,
      Profile profile,
      SimulatorCertificates certificates,
      ServiceRules rules) {
    this.remoting = remoting;
    this.profile = profile;
    this.certificates = certificates;
    this.rules = rules;
  }

  /**
   * Lets clients connect; port 0 chooses a free one.
   *
   * @throws BindException if the port is in use
   */
  void open(int wanted) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        openNow(wanted == 0 ? freePort() : wanted);
        return;
      } catch (BindException e) {
        if (wanted != 0 || attempt == FREE_PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  int port() {
    return port;
  }

  /** Opens or closes the port, and removes unused acceptors. */
  void keep(boolean open) throws Exception {
    if (open && !isOpen) {
      held.close();
      openNow(port);
    } else if (!open && isOpen) {
      acceptor.pause();
      closed.add(acceptor);
      isOpen = false;
      held = hold(port);
    }
    while (!closed.isEmpty() && ((NettyAcceptor) closed.peek()).getConnections().isEmpty()) {
      remoting.destroyAcceptor(closed.remove().getName());
    }
  }

  /** Gives up a port that was closed. */
  void release() throws IOException {
    held.close();
  }

  /** Keeps the port from other programs; who connects to it is refused. */
  private static Socket hold(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(port));
    return socket;
  }

  private void openNow(int candidate) throws Exception {
    String name = "mqtt-" + ++openings;
    Acceptor next =
        remoting.createAcceptor(
            BrokerConfiguration.acceptor(
                name, candidate, profile, certificates, rules.serverCertificate()));
    try {
      next.start();
    } catch (Exception e) {
      remoting.destroyAcceptor(name);
      if (isCausedByBind(e)) {
        throw new BindException(e.getMessage());
      }
      throw e;
    }
    acceptor = next;
    port = candidate;
    isOpen = true;
  }

  private static boolean isCausedByBind(Throwable failure) {
    return failure instanceof BindException
        || (failure.getCause() != null && isCausedByBind(failure.getCause()));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
