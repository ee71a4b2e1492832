package io.ensrelay.simulator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLSocketFactory;

/** Makes the sockets of a Paho client, and closes them: Paho itself can hang when it shuts down. */
final class TestSockets extends SSLSocketFactory {
  private final SSLSocketFactory factory;
  private final List<Socket> made = new CopyOnWriteArrayList<>();

  TestSockets(SSLSocketFactory factory) {
    this.factory = factory;
  }

  void close() {
    for (Socket socket : made) {
      try {
        socket.close();
      } catch (IOException e) {
        // it was closed before
      }
    }
  }

  private Socket noted(Socket socket) {
    made.add(socket);
    return socket;
  }

  @Override
  public Socket createSocket() throws IOException {
    return noted(factory.createSocket());
  }

  @Override
  public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
      throws IOException {
    return noted(factory.createSocket(socket, host, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return noted(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    return noted(factory.createSocket(host, port, from, fromPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return noted(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    return noted(factory.createSocket(host, port, from, fromPort));
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return factory.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return factory.getSupportedCipherSuites();
  }
}
