package io.ensrelay.tls;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server on a free port that takes one connection. */
final class TlsServer implements AutoCloseable {
  private static final int ALERT_RECORD = 21;
  private static final int FATAL = 2;

  private final ServerSocket listener;
  private final CompletableFuture<String> seen;

  private interface Service {
    String serve(Socket socket) throws IOException;
  }

  private TlsServer(ServerSocket listener, Service service) {
    this.listener = listener;
    seen =
        CompletableFuture.supplyAsync(
            () -> {
              try (Socket socket = listener.accept()) {
                return service.serve(socket);
              } catch (IOException e) {
                return "failed: " + e.getMessage();
              }
            });
  }

  /** Shows the certificate, and asks for one of the client if {@code wanting} is true. */
  static TlsServer with(SSLContext context, boolean wanting, String... protocols) {
    try {
      SSLServerSocket listener =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
      listener.setNeedClientAuth(wanting);
      if (protocols.length > 0) {
        listener.setEnabledProtocols(protocols);
      }
      return new TlsServer(listener, socket -> handshake((SSLSocket) socket, wanting));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String handshake(SSLSocket socket, boolean wanting) throws IOException {
    socket.startHandshake();
    String who =
        wanting
            ? socket.getSession().getPeerPrincipal().getName()
                + " "
                + socket.getSession().getPeerCertificates().length
            : "";
    socket.getOutputStream().write(1);
    socket.getOutputStream().flush();
    return who;
  }

  /** Answers whatever comes with a fatal alert. */
  static TlsServer alerting(int alert) {
    return answering(new byte[] {ALERT_RECORD, 3, 3, 0, 2, FATAL, (byte) alert});
  }

  static TlsServer plain() {
    return answering("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  static TlsServer silent() {
    return answering(new byte[0]);
  }

  private static TlsServer answering(byte[] answer) {
    try {
      return new TlsServer(
          new ServerSocket(0, 5, InetAddress.getLoopbackAddress()),
          socket -> {
            InputStream in = socket.getInputStream();
            // the whole first record: what is left unread would become a reset
            byte[] head = in.readNBytes(5);
            in.readNBytes(((head[3] & 0xFF) << 8) + (head[4] & 0xFF));
            socket.getOutputStream().write(answer);
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            in.readAllBytes();
            return "";
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Who came, and with how many certificates. */
  String seen() throws Exception {
    return seen.get(20, TimeUnit.SECONDS);
  }

  /** Connects, and reads a byte: a server may refuse a client only after its handshake. */
  void reach(TlsMaterial tls, String host) throws IOException {
    try (Socket socket = tls.socketFactory().createSocket(host, port())) {
      socket.setSoTimeout(20_000);
      ((SSLSocket) socket).startHandshake();
      if (socket.getInputStream().read() < 0) {
        throw new IOException("closed");
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
