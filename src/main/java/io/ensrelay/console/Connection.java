package io.ensrelay.console;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.impl.Http1StreamListener;
import org.apache.hc.core5.http.impl.nio.DefaultHttpResponseWriterFactory;
import org.apache.hc.core5.http.impl.nio.ServerHttp1IOEventHandler;
import org.apache.hc.core5.http.impl.nio.ServerHttp1StreamDuplexer;
import org.apache.hc.core5.http.protocol.DefaultHttpProcessor;
import org.apache.hc.core5.http.protocol.HttpProcessor;
import org.apache.hc.core5.http.protocol.ResponseConnControl;
import org.apache.hc.core5.http.protocol.ResponseContent;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;

/**
 * One client: its requests are answered one after the other. A request that is not complete in
 * time, or an answer that is not read, ends the connection. Accessed by the port's I/O thread only,
 * except where noted.
 */
final class Connection implements Http1StreamListener {
  /** Most requests that a client may send ahead, without waiting for answers. */
  private static final int MOST_AHEAD = 8;

  private static final long NEVER = -1;

  private static final HttpProcessor PROCESSOR =
      new DefaultHttpProcessor(ResponseContent.INSTANCE, ResponseConnControl.INSTANCE);

  private final Server port;
  private final ProtocolIOSession session;
  private final HeadParser parser = new HeadParser();
  private final ServerHttp1StreamDuplexer http;
  private final Queue<Answer> unanswered = new ArrayDeque<>();
  private boolean hadOne;

  /** Time of the last write before the last time-out, if a write was waiting then. */
  private long lastWrite = NEVER;

  private Future<?> deadline;

  /** Whether a thread works on its call: it may not be closed for another. Threads: any. */
  volatile boolean isWorkedFor;

  Connection(Server port, ProtocolIOSession session) {
    this.port = port;
    this.session = session;
    http =
        new ServerHttp1StreamDuplexer(
            session,
            PROCESSOR,
            (request, context) -> asking(),
            null,
            HeadParser.LIMITS,
            null,
            null,
            parser,
            DefaultHttpResponseWriterFactory.INSTANCE.create(),
            null,
            null,
            this,
            null);
    deadline = endWithin(port.limits.firstSeconds());
  }

  /** Receives the library's events for this connection. */
  IOEventHandler events() {
    return new ServerHttp1IOEventHandler(http) {
      /**
       * Nothing was written or read for the whole time. The first time may be chance: a silent
       * stream may be about to write.
       */
      @Override
      public void timeout(IOSession silent, Timeout timeout) {
        boolean writes = (silent.getEventMask() & EventMask.WRITE) != 0;
        boolean isStuck = writes && silent.getLastWriteTime() == lastWrite;
        lastWrite = writes ? silent.getLastWriteTime() : NEVER;
        if (isStuck) {
          end();
        }
      }

      @Override
      public void disconnected(IOSession ended) {
        super.disconnected(ended);
        deadline.cancel(false);
        port.connections.closed(Connection.this);
      }
    };
  }

  /** Threads: any. */
  void end() {
    session.close(CloseMode.IMMEDIATE);
  }

  private Future<?> endWithin(int seconds) {
    return port.clock.schedule(this::end, seconds, TimeUnit.SECONDS);
  }

  private Answer asking() {
    Answer answer = new Answer(port, this, hadOne, parser.problem());
    hadOne = true;
    return answer;
  }

  /** A request is complete, or is refused: it is answered in its turn. */
  void asked(Answer answer) {
    unanswered.add(answer);
    if (unanswered.size() == 1) {
      begin(answer);
    } else if (unanswered.size() > MOST_AHEAD) {
      end();
    }
  }

  private void begin(Answer answer) {
    deadline.cancel(false);
    if (answer.isRefused()) {
      deadline = endWithin(port.limits.leavingSeconds());
    }
    if (answer.isRefused() || port.handler.isQuick(answer.request())) {
      answer.work();
    } else {
      port.threads.execute(answer);
    }
  }

  @Override
  public void onExchangeComplete(HttpConnection connection, boolean keepAlive) {
    isWorkedFor = false;
    unanswered.poll();
    deadline.cancel(false);
    deadline = endWithin(keepAlive ? port.limits.nextSeconds() : port.limits.leavingSeconds());
    if (keepAlive && !unanswered.isEmpty()) {
      begin(unanswered.peek());
    }
  }

  @Override
  public void onRequestHead(HttpConnection connection, HttpRequest request) {}

  @Override
  public void onResponseHead(HttpConnection connection, HttpResponse response) {}
}
