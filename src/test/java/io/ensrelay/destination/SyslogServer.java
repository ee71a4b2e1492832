package io.ensrelay.destination;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/** A syslog receiver on loopback: octet counting over TLS or TCP, or datagrams over UDP. */
public final class SyslogServer implements Closeable {
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final List<String> mistakes = new CopyOnWriteArrayList<>();
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final Closeable listener;
  private final int port;

  private SyslogServer(ServerSocket listener) {
    this.listener = listener;
    port = listener.getLocalPort();
    daemon(
        () -> {
          while (true) {
            Socket connection = listener.accept();
            connections.add(connection);
            daemon(() -> read(connection));
          }
        });
  }

  private SyslogServer(DatagramSocket socket) {
    listener = socket;
    port = socket.getLocalPort();
    daemon(
        () -> {
          byte[] buffer = new byte[65_535];
          while (true) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            socket.receive(packet);
            messages.add(new String(buffer, 0, packet.getLength(), StandardCharsets.UTF_8));
          }
        });
  }

  public static SyslogServer tcp(int port) {
    return listening(ServerSocketFactory.getDefault(), port);
  }

  static SyslogServer tls(SSLContext context) {
    return listening(context.getServerSocketFactory(), 0);
  }

  private static SyslogServer listening(ServerSocketFactory factory, int port) {
    try {
      return new SyslogServer(
          factory.createServerSocket(port, 50, InetAddress.getLoopbackAddress()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SyslogServer udp() {
    try {
      return new SyslogServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void daemon(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // it is closed
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private void read(Socket connection) throws IOException {
    DataInputStream in = new DataInputStream(connection.getInputStream());
    while (true) {
      byte[] message = new byte[length(in)];
      in.readFully(message);
      messages.add(new String(message, StandardCharsets.UTF_8));
    }
  }

  private int length(InputStream in) throws IOException {
    int length = 0;
    for (int next = in.read(); next != ' '; next = in.read()) {
      if (next < '0' || next > '9') {
        if (next >= 0) {
          mistakes.add("no length: " + next);
        }
        throw new IOException("the end");
      }
      length = length * 10 + next - '0';
    }
    return length;
  }

  public int port() {
    return port;
  }

  public List<String> messages() {
    return List.copyOf(messages);
  }

  public List<String> mistakes() {
    return mistakes;
  }

  int connections() {
    return connections.size();
  }

  /** Closes the connections as a receiver does that restarts, and goes on listening. */
  void hangUp() throws IOException {
    for (Socket connection : connections) {
      connection.close();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    hangUp();
  }
}
