package io.ensrelay.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The path between relay and broker, which can fail in every way a path can. */
final class Link implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
  private final AtomicLong untilCut = new AtomicLong(Long.MAX_VALUE);
  private volatile boolean cut;
  private volatile boolean swallowing;
  private volatile boolean deaf;
  private volatile int bytesPerSecond = Integer.MAX_VALUE;

  Link(int target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    daemon(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Ends what is connected, and every new connection at once. */
  void cut() {
    cut = true;
    ends.forEach(Link::close);
    ends.clear();
  }

  /** Cuts after so many more bytes towards the relay, in the middle of whatever that is. */
  void cutAfter(long bytes) {
    untilCut.set(bytes);
  }

  boolean isCut() {
    return cut;
  }

  /** Takes everything, passes on nothing, closes nothing. */
  void swallow() {
    swallowing = true;
  }

  /** Passes nothing on to the broker: it keeps what it sends to the relay, and sends it again. */
  void deafen() {
    deaf = true;
  }

  void slow(int newBytesPerSecond) {
    bytesPerSecond = newBytesPerSecond;
  }

  void mend() {
    // a connection out of which bytes are missing can't go on
    if (swallowing || deaf) {
      ends.forEach(Link::close);
      ends.clear();
    }
    untilCut.set(Long.MAX_VALUE);
    bytesPerSecond = Integer.MAX_VALUE;
    swallowing = false;
    deaf = false;
    cut = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        if (cut) {
          close(near);
          continue;
        }
        connect(near);
      } catch (IOException e) {
        // this is closed
      }
    }
  }

  private void connect(Socket near) {
    try {
      Socket far = new Socket("127.0.0.1", target);
      ends.add(near);
      ends.add(far);
      daemon(() -> pump(near, far, false));
      daemon(() -> pump(far, near, true));
    } catch (IOException e) {
      close(near);
    }
  }

  private void pump(Socket from, Socket to, boolean toRelay) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] block = new byte[8192];
      int read = in.read(block, 0, most());
      while (read >= 0) {
        if (!swallowing && (toRelay || !deaf)) {
          pass(block, read, out, toRelay);
        }
        read = in.read(block, 0, most());
      }
    } catch (IOException e) {
      // cut
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ends.remove(from);
    ends.remove(to);
  }

  private int most() {
    return Math.max(1, Math.min(8192, bytesPerSecond / 10));
  }

  private void pass(byte[] block, int length, OutputStream out, boolean toRelay)
      throws IOException, InterruptedException {
    long left = toRelay ? untilCut.addAndGet(-length) : Long.MAX_VALUE;
    if (left <= 0) {
      out.write(block, 0, (int) Math.max(0, length + left));
      out.flush();
      cut();
      return;
    }
    out.write(block, 0, length);
    if (bytesPerSecond < Integer.MAX_VALUE) {
      TimeUnit.MILLISECONDS.sleep(1000L * length / bytesPerSecond);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "link");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone either way
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
