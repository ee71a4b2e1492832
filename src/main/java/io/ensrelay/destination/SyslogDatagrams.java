package io.ensrelay.destination;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** Sends each message as a datagram (RFC 5426): the network may lose some, and nobody knows. */
final class SyslogDatagrams implements SyslogChannel {
  private final String host;
  private final int port;
  private volatile DatagramSocket socket;

  SyslogDatagrams(String host, int port) {
    this.host = host;
    this.port = port;
  }

  @Override
  public void send(List<byte[]> messages) throws IOException {
    try {
      if (socket == null || socket.isClosed()) {
        socket = new DatagramSocket();
        // so that the answer "nobody listens" becomes a failure
        socket.connect(new InetSocketAddress(InetAddress.getByName(host), port));
      }
      for (byte[] message : messages) {
        socket.send(new DatagramPacket(message, message.length));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    DatagramSocket open = socket;
    if (open != null) {
      open.close();
    }
  }
}
