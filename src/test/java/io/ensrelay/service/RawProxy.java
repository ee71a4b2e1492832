package io.ensrelay.service;

import io.ensrelay.http.Background;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that says what a test tells it, and then lets the connection through where it should. */
final class RawProxy implements AutoCloseable {
  static final String LETS_THROUGH = "HTTP/1.1 200 Connection established\r\n\r\n";

  private final ServerSocket listener;
  private final Answer answer;
  private final int target;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final List<String> heads = new CopyOnWriteArrayList<>();

  /** Writes what the proxy says. */
  @FunctionalInterface
  interface Answer {
    void to(OutputStream out) throws IOException;
  }

  /** Never lets a connection through. */
  static RawProxy refusing(Answer answer) {
    return new RawProxy(answer, -1);
  }

  /** Lets every connection through to a port of this machine, once it has said its word. */
  static RawProxy to(int target, String word) {
    return new RawProxy(
        out -> {
          out.write(word.getBytes(StandardCharsets.ISO_8859_1));
          out.flush();
        },
        target);
  }

  private RawProxy(Answer answer, int target) {
    this.answer = answer;
    this.target = target;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Background.start(
        () -> {
          while (true) {
            Socket client = listener.accept();
            open.add(client);
            Background.start(() -> serve(client));
          }
        });
  }

  String url() {
    return "http://localhost:" + listener.getLocalPort();
  }

  /** The requests of clients, with the headers. */
  List<String> heads() {
    return List.copyOf(heads);
  }

  private void serve(Socket client) throws IOException {
    try (client) {
      StringBuilder head = new StringBuilder();
      while (!head.toString().endsWith("\r\n\r\n")) {
        int next = client.getInputStream().read();
        if (next < 0) {
          return;
        }
        head.append((char) next);
      }
      heads.add(head.toString());
      answer.to(client.getOutputStream());
      if (target < 0) {
        client.shutdownOutput();
        client.getInputStream().readAllBytes();
        return;
      }
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      open.add(server);
      Background.start(() -> pump(server, client));
      pump(client, server);
    }
  }

  private static void pump(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      byte[] part = new byte[8192];
      InputStream in = from.getInputStream();
      for (int some = in.read(part); some >= 0; some = in.read(part)) {
        to.getOutputStream().write(part, 0, some);
        to.getOutputStream().flush();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket each : open) {
      each.close();
    }
  }
}
