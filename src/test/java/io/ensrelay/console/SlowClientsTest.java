package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients of a port that are slow, silent or do not read, beside one that is none of these. */
class SlowClientsTest {
  private static final int BOUND_MILLIS = 30_000;
  private static final int NEVER = 3600;
  private static final ClientLimits PATIENT = new ClientLimits(40, NEVER, NEVER, NEVER, NEVER);
  private static final ClientLimits IMPATIENT = new ClientLimits(40, 1, 1, 1, 1);
  private static final byte[] LARGE = new byte[32 << 20];

  private final List<Socket> sockets = new ArrayList<>();
  private final CountDownLatch dropped = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final CountDownLatch allHeld = new CountDownLatch(PATIENT.connections());
  private final CountDownLatch isAsked = new CountDownLatch(1);
  private final List<String> answered = Collections.synchronizedList(new ArrayList<>());
  private Server server;

  @AfterEach
  void close() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    server.close();
  }

  private void start(ClientLimits limits) throws Exception {
    server =
        new Server(
            "127.0.0.1",
            0,
            2,
            limits,
            Optional.empty(),
            new Server.Handler() {
              @Override
              public Optional<Reply> refuse(Request head) {
                if (head.path().equals("/held")) {
                  allHeld.countDown();
                } else if (head.path().equals("/y")) {
                  isAsked.countDown();
                }
                return head.path().equals("/closed")
                    ? Optional.of(Reply.error(401, "closed"))
                    : Optional.empty();
              }

              @Override
              public int longestBody(Request head) {
                return 1000;
              }

              @Override
              public boolean isQuick(Request request) {
                return request.path().equals("/quick");
              }

              @Override
              public void handle(Request request, HttpExchange exchange) throws Exception {
                answer(request, exchange);
              }
            });
  }

  private void answer(Request request, HttpExchange exchange) throws Exception {
    answered.add(request.path());
    switch (request.path()) {
      case "/endless" -> {
        try (OutputStream out = exchange.stream("text/plain")) {
          while (true) {
            out.write(LARGE);
          }
        } catch (IOException e) {
          dropped.countDown();
          throw e;
        }
      }
      case "/slowly" -> {
        try (OutputStream out = exchange.stream("text/plain")) {
          out.write("begun\n".getBytes(StandardCharsets.US_ASCII));
          out.flush();
          assertTrue(goOn.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
          out.write("went on\n".getBytes(StandardCharsets.US_ASCII));
          out.flush();
        }
      }
      case "/held" -> {
        assertTrue(goOn.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
        exchange.send(Reply.text(200, "text/plain", "held\n"));
      }
      case "/large" -> exchange.send(new Reply(200, "text/plain", LARGE));
      default -> exchange.send(Reply.text(200, "text/plain", request.path() + "\n"));
    }
  }

  private Socket send(String text) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.port());
    sockets.add(socket);
    socket.setSoTimeout(BOUND_MILLIS);
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
  }

  private static String firstLine(Socket socket) throws IOException {
    return reader(socket).readLine();
  }

  private static void awaitEnd(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        // what was said before
      }
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("the connection is still there", e);
    } catch (IOException e) {
      // reset: it has ended as well
    }
  }

  @Test
  void answersAtOnceWhileMoreConnectionsThanThereMayBeSendHalfARequest() throws Exception {
    start(PATIENT);
    for (String half :
        List.of(
            "GET /obs",
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: a",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\na",
            "")) {
      for (int i = 0; i < 100; i++) {
        send(half);
      }
      assertEquals("HTTP/1.1 200 OK", firstLine(send(get("/x"))));
    }
  }

  @Test
  void endsARequestThatDoesNotComeInTime() throws Exception {
    start(IMPATIENT);
    awaitEnd(send("GET /obs"));
    awaitEnd(send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\na"));
    awaitEnd(send(""));
  }

  @Test
  void endsAConnectionThatIsNotUsedAgain() throws Exception {
    start(IMPATIENT);
    Socket socket = send(get("/x"));
    assertEquals("HTTP/1.1 200 OK", firstLine(socket));
    awaitEnd(socket);
  }

  @Test
  void dropsAWatcherThatDoesNotRead() throws Exception {
    start(IMPATIENT);
    send(get("/endless"));
    assertTrue(dropped.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
  }

  @Test
  void endsAnAnswerThatIsNotRead() throws Exception {
    start(new ClientLimits(1, NEVER, NEVER, NEVER, 1));
    Socket socket = send(get("/large"));
    assertEquals('H', socket.getInputStream().read());
    // there may be one connection only: the next is taken once that one is gone
    while (true) {
      try {
        if ("HTTP/1.1 200 OK".equals(firstLine(send(get("/x"))))) {
          return;
        }
      } catch (IOException e) {
        // not yet
      }
    }
  }

  @Test
  void answersAtOnceWhileMoreConnectionsThanThereMayBeDoNotReadTheirAnswers() throws Exception {
    start(PATIENT);
    for (int i = 0; i < 60; i++) {
      assertEquals('H', send(get("/large")).getInputStream().read());
    }
    assertEquals("HTTP/1.1 200 OK", firstLine(send(get("/x"))));
  }

  /** Both threads work on one, the others wait for them. */
  private void askAgainOnAsManyAsThereMayBe() throws Exception {
    for (int i = 0; i < PATIENT.connections(); i++) {
      assertEquals("HTTP/1.1 200 OK", firstLine(send(get("/x"))));
    }
    answered.clear();
    for (Socket socket : sockets) {
      socket.getOutputStream().write(get("/held").getBytes(StandardCharsets.US_ASCII));
    }
    assertTrue(allHeld.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
  }

  @Test
  void answersANewConnectionBeforeAllOthersThatAskOnAndOn() throws Exception {
    start(PATIENT);
    askAgainOnAsManyAsThereMayBe();
    Socket next = send(get("/y"));
    assertTrue(isAsked.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
    // read by the same thread, after the other
    assertEquals("HTTP/1.1 401 Unauthorized", firstLine(send(get("/closed"))));
    goOn.countDown();
    assertEquals("HTTP/1.1 200 OK", firstLine(next));
    assertTrue(answered.indexOf("/y") <= 4, answered.toString());
  }

  @Test
  void answersANewConnectionWhileAsManyAsThereMayBeAskForTheFirstTime() throws Exception {
    start(PATIENT);
    for (int i = 0; i < PATIENT.connections(); i++) {
      send(get("/held"));
    }
    assertTrue(allHeld.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
    Socket next = send(get("/y"));
    assertTrue(isAsked.await(BOUND_MILLIS, TimeUnit.MILLISECONDS));
    goOn.countDown();
    assertEquals("HTTP/1.1 200 OK", firstLine(next));
  }

  @Test
  void answersQuickCallsWhileAllThreadsAreBusy() throws Exception {
    start(PATIENT);
    askAgainOnAsManyAsThereMayBe();
    assertEquals("HTTP/1.1 200 OK", firstLine(send(get("/quick"))));
    goOn.countDown();
  }

  @Test
  void letsAStreamGoOnForAsLongAsItIsRead() throws Exception {
    // long enough for a busy machine to read a request
    start(new ClientLimits(40, 3, 3, 1, 3));
    BufferedReader lines = reader(send(get("/slowly")));
    while (!lines.readLine().equals("begun")) {
      // the head
    }
    // longer than any limit
    awaitEnd(send(""));
    awaitEnd(send("GET /obs"));
    goOn.countDown();
    String line = lines.readLine();
    while (!line.equals("went on")) {
      line = lines.readLine();
    }
  }

  @Test
  void answersRequestsThatCameTogetherInTheirOrder() throws Exception {
    start(PATIENT);
    BufferedReader lines = reader(send(get("/1") + get("/2") + get("/3")));
    List<String> bodies = new ArrayList<>();
    while (bodies.size() < 3) {
      String line = lines.readLine();
      if (line.startsWith("/")) {
        bodies.add(line);
      }
    }
    assertEquals(List.of("/1", "/2", "/3"), bodies);
  }

  @Test
  void endsAConnectionThatSendsManyRequestsAheadOfTheirAnswers() throws Exception {
    start(PATIENT);
    awaitEnd(send(get("/held").repeat(20)));
    goOn.countDown();
  }

  @Test
  void answersARefusedRequestInItsTurn() throws Exception {
    start(PATIENT);
    BufferedReader lines = reader(send(get("/held") + get("/closed")));
    goOn.countDown();
    List<String> heads = new ArrayList<>();
    while (heads.size() < 2) {
      String line = lines.readLine();
      if (line.contains("HTTP/1.1 ")) {
        heads.add(line);
      }
    }
    assertEquals(List.of("HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"), heads);
  }

  @Test
  void refusesATooLongRequestWithoutReadingIt() throws Exception {
    start(PATIENT);
    String long8k = "a".repeat(9000);
    assertEquals("HTTP/1.1 414 Request-URI Too Long", firstLine(send(get("/" + long8k))));
    assertEquals(
        "HTTP/1.1 431 Request Header Fields Too Large",
        firstLine(send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + long8k + long8k + "\r\n\r\n")));
    String post = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\n\r\n";
    assertEquals("HTTP/1.1 413 Request Entity Too Large", firstLine(send(post.formatted("/open"))));
    assertEquals("HTTP/1.1 401 Unauthorized", firstLine(send(post.formatted("/closed"))));
    String chunked =
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
            + "a".repeat(2000);
    assertEquals("HTTP/1.1 413 Request Entity Too Large", firstLine(send(chunked)));
    assertEquals("HTTP/1.1 400 Bad Request", firstLine(send("\0\1\2\r\n\r\n")));
  }
}
