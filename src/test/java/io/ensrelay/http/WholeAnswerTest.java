package io.ensrelay.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Endpoints whose answers do not end. */
@Timeout(60)
class WholeAnswerTest {
  private static final String HEAD = "HTTP/1.1 %d OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final AtomicInteger connections = new AtomicInteger();
  private final ServerSocket server = listen();

  private interface Answer {
    void to(OutputStream out) throws Exception;
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  @Test
  void givesUpAnAnswerThatComesByteByByte() throws Exception {
    serve(
        out -> {
          send(out, HEAD.formatted(200));
          while (true) {
            send(out, "1\r\nx\r\n");
            TimeUnit.MILLISECONDS.sleep(20);
          }
        });
    try (CloseableHttpClient client = client(Duration.ofSeconds(1))) {
      InterruptedIOException e = assertThrows(InterruptedIOException.class, () -> post(client));
      assertTrue(
          e.getMessage().matches("no whole answer from (localhost|127.0.0.1):\\d+ within 1 s"),
          e.getMessage());
    }
  }

  @Test
  void givesUpHeadersThatComeByteByByte() throws Exception {
    serve(
        out -> {
          send(out, "HTTP/1.1 200 OK\r\nX: ");
          while (true) {
            send(out, "x");
            TimeUnit.MILLISECONDS.sleep(20);
          }
        });
    try (CloseableHttpClient client = client(Duration.ofSeconds(1))) {
      assertThrows(InterruptedIOException.class, () -> post(client));
    }
  }

  @Test
  void keepsTheBeginningOfAnAnswerWithoutEndAndNotItsConnection() throws Exception {
    String chunk = "1000\r\n" + "x".repeat(0x1000) + "\r\n";
    serve(
        out -> {
          send(out, HEAD.formatted(500));
          while (true) {
            send(out, chunk);
          }
        });
    try (CloseableHttpClient client = client(Duration.ofMinutes(5))) {
      for (int call = 1; call <= 2; call++) {
        String answer = post(client);
        assertTrue(answer.matches("500 x{65536}"), answer.length() + " characters");
        assertEquals(call, connections.get());
      }
    }
  }

  @Test
  void usesTheConnectionOfAWholeAnswerAgain() throws Exception {
    serve(out -> send(out, HEAD.formatted(200) + "2\r\nok\r\n0\r\n\r\n"));
    try (CloseableHttpClient client = client(Duration.ofMinutes(5))) {
      assertEquals("200 ok", post(client));
      assertEquals("200 ok", post(client));
      assertEquals(1, connections.get());
    }
  }

  private String post(CloseableHttpClient client) throws IOException {
    return client.execute(
        new HttpPost("http://127.0.0.1:" + server.getLocalPort() + "/"),
        answer -> answer.getCode() + " " + EntityUtils.toString(answer.getEntity()));
  }

  private static CloseableHttpClient client(Duration limit) {
    HttpClientBuilder builder = HttpClients.custom();
    BoundedClient.bound(builder, limit, 1 << 20, BodyOf2xx.WHOLE);
    return builder.setConnectionManager(BoundedClient.connections().build()).build();
  }

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void serve(Answer answer) {
    Background.start(
        () -> {
          while (true) {
            Socket socket = server.accept();
            connections.incrementAndGet();
            Background.start(
                () -> {
                  try (socket) {
                    while (skipRequest(socket.getInputStream())) {
                      answer.to(socket.getOutputStream());
                    }
                  }
                });
          }
        });
  }

  /** Without a body, as these are. */
  private static boolean skipRequest(InputStream in) throws IOException {
    int newLines = 0;
    while (newLines < 2) {
      int next = in.read();
      if (next < 0) {
        return false;
      }
      newLines = next == '\n' ? newLines + 1 : next == '\r' ? newLines : 0;
    }
    return true;
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }
}
