package io.ensrelay.simulator;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A socket that sends a CONNECT and reads, without a client that gives up by itself. */
final class RawMqtt {
  private static final int PATIENCE_MILLIS = 700;

  /** MQTT 3.1.1, clean session off, keep alive 60 s, client id {@code raw}. */
  private static final byte[] CONNECT = {
    0x10, 15, 0, 4, 'M', 'Q', 'T', 'T', 4, 0, 0, 60, 0, 3, 'r', 'a', 'w'
  };

  private RawMqtt() {}

  /** Whether the broker takes the connection and neither answers nor closes it. */
  static boolean hangs(Simulator simulator, SSLContext tls) throws IOException {
    URI url = URI.create(simulator.mqttUrl());
    try (SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
      socket.startHandshake();
      socket.getOutputStream().write(CONNECT);
      socket.getOutputStream().flush();
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getInputStream().read();
      return false;
    } catch (SocketTimeoutException e) {
      return true;
    }
  }
}
