package io.ensrelay.console;

import java.io.IOException;
import java.util.Optional;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.RequestHeaderFieldsTooLargeException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.nio.DefaultHttpRequestFactory;
import org.apache.hc.core5.http.impl.nio.DefaultHttpRequestParser;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.SessionInputBuffer;
import org.apache.hc.core5.util.CharArrayBuffer;

/**
 * Reads the heads of the requests of one connection, within limits for a line, for all of a head
 * and for the number of its headers. A malformed or too long head becomes a request too, the
 * connection's last: {@link #problem} has the answer, and all further bytes count as its body.
 * Accessed by the port's I/O thread only.
 */
final class HeadParser extends DefaultHttpRequestParser<HttpRequest> {
  private static final int LONGEST_HEAD = 16 << 10;

  static final Http1Config LIMITS =
      Http1Config.custom()
          .setBufferSize(8 << 10)
          .setMaxLineLength(8 << 10)
          .setMaxHeaderCount(100)
          .build();

  private int consumed;
  private boolean hasFirstLine;
  private Optional<Reply> problem = Optional.empty();

  HeadParser() {
    super(LIMITS, DefaultHttpRequestFactory.INSTANCE);
  }

  /** The refusal of the request that was read last; empty: it is well-formed. */
  Optional<Reply> problem() {
    return problem;
  }

  @Override
  public HttpRequest parse(SessionInputBuffer buffer, boolean isEnd) throws IOException {
    int before = buffer.length();
    try {
      HttpRequest request = super.parse(buffer, isEnd);
      consumed += before - buffer.length();
      if (consumed + (request == null ? buffer.length() : 0) > LONGEST_HEAD) {
        throw new RequestHeaderFieldsTooLargeException("as a whole");
      }
      if (request != null) {
        // fails if the end of the body is not clear
        DefaultContentLengthStrategy.INSTANCE.determineLength(request);
      }
      return request;
    } catch (RequestHeaderFieldsTooLargeException e) {
      return unreadable(
          hasFirstLine
              ? Reply.error(431, "the headers of the request are too long")
              : Reply.error(414, "the first line of the request is too long"));
    } catch (HttpException e) {
      return unreadable(Reply.error(400, "that is not HTTP"));
    }
  }

  @Override
  protected HttpRequest createMessage(CharArrayBuffer line) throws HttpException {
    HttpRequest request = super.createMessage(line);
    hasFirstLine = true;
    return request;
  }

  @Override
  public void reset() {
    super.reset();
    consumed = 0;
    hasFirstLine = false;
  }

  private HttpRequest unreadable(Reply reply) {
    problem = Optional.of(reply);
    HttpRequest last = new BasicHttpRequest("", "/");
    last.setHeader(HttpHeaders.CONTENT_LENGTH, Long.MAX_VALUE);
    return last;
  }
}
