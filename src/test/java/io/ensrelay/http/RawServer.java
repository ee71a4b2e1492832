package io.ensrelay.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An endpoint that answers with whatever bytes a test wants, and keeps the requests' heads. */
public final class RawServer implements AutoCloseable {
  private final ServerSocket socket;
  private final Answer answer;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  /** Writes an answer; returns whether the connection goes on. */
  @FunctionalInterface
  public interface Answer {
    boolean to(int request, OutputStream out) throws Exception;
  }

  public RawServer(Answer answer) {
    this(InetAddress.getLoopbackAddress(), answer);
  }

  public RawServer(InetAddress address, Answer answer) {
    this.answer = answer;
    try {
      socket = new ServerSocket(0, 50, address);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Background.start(this::accept);
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** How many there have been. */
  public int connections() {
    return connections.get();
  }

  /** Request lines with their headers. */
  public List<String> heads() {
    return List.copyOf(heads);
  }

  public List<String> bodies() {
    return List.copyOf(bodies);
  }

  /** The path and the query as they came. */
  public List<String> targets() {
    return heads.stream().map(head -> head.split(" ", 3)[1]).toList();
  }

  /** Ends every connection without a word. */
  public void cut() {
    open.forEach(RawServer::close);
    open.clear();
  }

  public static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    cut();
  }

  private void accept() throws Exception {
    while (true) {
      Socket connection = socket.accept();
      connections.incrementAndGet();
      open.add(connection);
      Background.start(
          () -> {
            try (connection) {
              serve(connection);
            }
          });
    }
  }

  private void serve(Socket connection) throws Exception {
    InputStream in = connection.getInputStream();
    String head;
    while (!(head = head(in)).isEmpty()) {
      bodies.add(body(head, in));
      heads.add(head);
      if (!answer.to(heads.size(), connection.getOutputStream())) {
        return;
      }
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static String body(String head, InputStream in) throws IOException {
    int length =
        head.lines()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
            .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
            .findFirst()
            .orElse(0);
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is
    }
  }
}
