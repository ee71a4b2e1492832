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
 * Who speaks on a connection: no request goes out while something is left there that the other side
 * sent behind its last answer (a body of a 204, a second answer, what a proxy put before the TLS of
 * a tunnel), because that would count as the answer to it. One for each connection; threads: that
 * of the call.
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
   * @throws IOException before a byte is sent, when something is left
   */
  void write(ClassicHttpRequest request, SessionOutputBuffer buffer, OutputStream out)
      throws IOException, HttpException {
    if (received != null && received.length() > 0) {
      throw new IOException("more was sent on the connection than the answer");
    }
    writer.write(request, buffer, out);
  }

  /** What the parser stumbles over is the fault of the answer. */
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
