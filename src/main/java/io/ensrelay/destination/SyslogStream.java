package io.ensrelay.destination;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;

/**
 * Sends messages over one kept connection, with octet counting (RFC 5425, RFC 6587).
 *
 * <p>Syslog has no acknowledgement: what the system has taken may be lost when the connection
 * breaks. To keep that small, the connection is looked at before each write, the system buffers
 * little, and what was written shortly before a break is written again to the next connection: the
 * receiver may get some messages twice, and in order.
 */
final class SyslogStream implements SyslogChannel {
  private static final int SEND_BUFFER = 64 << 10;

  /** As much as the system buffers, which takes twice what it is told. */
  private static final int REMEMBERED_BYTES = 2 * SEND_BUFFER;

  /** The system gives up an unreachable receiver after some 15 minutes. */
  private static final Duration BEFORE_A_FAILURE = Duration.ofMinutes(20);

  /** A receiver that closes has read what came before. */
  private static final Duration BEFORE_AN_END = Duration.ofSeconds(5);

  private static final long WRITE_SECONDS = 30;
  private static final int SEND_SECONDS = 5;
  private static final int LOOK_MILLIS = 1;
  private static final int MOST_LOOKS = 100;

  private final Opening opening;
  private final Deque<Written> written = new ArrayDeque<>();
  private final List<byte[]> again = new ArrayList<>();
  private int writtenBytes;
  private volatile Socket socket;

  private record Written(byte[] message, long at) {}

  /** Makes a connection that is ready to be written to. */
  interface Opening {
    Socket open() throws IOException;
  }

  SyslogStream(Opening opening) {
    this.opening = opening;
  }

  @Override
  public void send(List<byte[]> messages) throws IOException {
    look();
    if (socket == null) {
      Socket next = opening.open();
      next.setSendBufferSize(SEND_BUFFER);
      keepAlive(next);
      socket = next;
    }
    try {
      if (!again.isEmpty()) {
        write(again);
        remember(again);
        again.clear();
      }
      write(messages);
      remember(messages);
    } catch (IOException e) {
      broken(e);
      throw e;
    }
  }

  /** Finds out whether the receiver has closed; discards what it says. */
  private void look() {
    if (socket == null) {
      return;
    }
    try {
      socket.setSoTimeout(LOOK_MILLIS);
      InputStream in = socket.getInputStream();
      byte[] said = new byte[1024];
      for (int i = 0; i < MOST_LOOKS; i++) {
        if (in.read(said) < 0) {
          throw new EOFException("the receiver closed the connection");
        }
      }
      throw new IOException("the receiver does not stop talking");
    } catch (SocketTimeoutException e) {
      // it is open and silent, as it should be
    } catch (IOException e) {
      broken(e);
    }
  }

  private void write(List<byte[]> messages) throws IOException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (byte[] message : messages) {
      frames.writeBytes((message.length + " ").getBytes(StandardCharsets.US_ASCII));
      frames.writeBytes(message);
    }
    Socket open = socket;
    // a socket has no time-out for writing
    CompletableFuture<Void> guard =
        CompletableFuture.runAsync(
            () -> cut(open), CompletableFuture.delayedExecutor(WRITE_SECONDS, TimeUnit.SECONDS));
    try {
      open.getOutputStream().write(frames.toByteArray());
      open.getOutputStream().flush();
    } finally {
      guard.cancel(false);
    }
  }

  private void remember(List<byte[]> messages) {
    long now = System.nanoTime();
    for (byte[] message : messages) {
      written.add(new Written(message, now));
      writtenBytes += message.length;
    }
    while (writtenBytes > REMEMBERED_BYTES && written.size() > 1) {
      writtenBytes -= written.remove().message().length;
    }
  }

  private void broken(IOException why) {
    long age = (why instanceof EOFException ? BEFORE_AN_END : BEFORE_A_FAILURE).toNanos();
    long now = System.nanoTime();
    List<byte[]> unsure =
        written.stream().filter(each -> now - each.at() < age).map(Written::message).toList();
    // what could not be written again yet is older
    again.addAll(unsure);
    written.clear();
    writtenBytes = 0;
    if (socket != null) {
      cut(socket);
      socket = null;
    }
  }

  /** Keeps the connection through firewalls, and finds a receiver that is gone. */
  private static void keepAlive(Socket socket) throws IOException {
    socket.setKeepAlive(true);
    try {
      socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 60);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
    } catch (UnsupportedOperationException e) {
      // the system's own times
    }
  }

  /** Drops what the system has not sent yet; does not wait for a thread that writes. */
  private static void cut(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // it is closed either way
    }
  }

  /** Waits a moment for what the system has not sent yet. */
  @Override
  public void close() {
    Socket open = socket;
    if (open != null) {
      try {
        open.setSoLinger(true, SEND_SECONDS);
        open.close();
      } catch (IOException e) {
        // it is closed either way
      }
    }
  }
}
