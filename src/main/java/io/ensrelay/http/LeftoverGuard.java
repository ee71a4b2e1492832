package io.ensrelay.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.HttpMessageWriter;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.http.io.SessionOutputBuffer;

/**
 * Sends no request while unread bytes are left on the connection, because they would be taken for
 * its answer. Such bytes are a body of a 204, a second answer, or text from a proxy before the TLS
 * of a tunnel. There is one guard for each connection. Threads: the thread of the call only.
 */
final class LeftoverGuard {
  private final HttpMessageWriter<ClassicHttpRequest> writer;
  private final HttpMessageParser<ClassicHttpResponse> parser;
  private SessionInputBuffer received;

  LeftoverGuard(
      HttpMessageWriter<ClassicHttpRequest> writer, HttpMessageParser<ClassicHttpResponse> parser) {
    this.writer = writer;
    this.parser = parser;
  }

  /**
   * @throws IOException if unread bytes are left, before it sends a byte
   */
  void write(ClassicHttpRequest request, SessionOutputBuffer buffer, OutputStream out)
      throws IOException, HttpException {
    if (received != null && received.length() > 0) {
      throw new IOException("the connection has unread bytes behind the last answer");
    }
    writer.write(request, buffer, out);
  }

  /** An exception of the parser means a malformed answer. */
  ClassicHttpResponse parse(SessionInputBuffer buffer, InputStream in)
      throws IOException, HttpException {
    received = buffer;
    try {
      return parser.parse(buffer, in);
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("malformed answer: " + e.getMessage(), e);
    }
  }
}
