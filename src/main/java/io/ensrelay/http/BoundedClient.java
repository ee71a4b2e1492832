package io.ensrelay.http;

import io.ensrelay.base.MemoryBudget;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SchemePortResolver;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestWriterFactory;
import org.apache.hc.core5.http.io.HttpConnectionFactory;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.apache.hc.core5.http.message.LineParser;
import org.apache.hc.core5.util.CharArrayBuffer;

/**
 * The bounds of every HTTP client: at most 16 KB for a header line of an answer, 200 header lines,
 * a body as large as the caller allows, and a time limit for each call. A connection is reused only
 * if its last answer was read completely; one closed by the other side meanwhile is replaced at
 * once. Threads: stateless.
 */
public final class BoundedClient {
  /** Longer than a connect, a handshake and the wait for an answer that all end just in time. */
  static final Duration LONGEST_CALL = Duration.ofSeconds(90);

  /** 1 MB, or less with a heap below 512 MB. */
  static final int BODY_BYTES = MemoryBudget.OF_HEAP.answer();

  /** Limit for a line of an answer's head. */
  public static final int LINE_BYTES = 16 << 10;

  /** Limit for the lines of an answer's head. */
  public static final int HEAD_LINES = 200;

  private static final Http1Config HEAD =
      Http1Config.custom().setMaxLineLength(LINE_BYTES).setMaxHeaderCount(HEAD_LINES).build();

  /** A malformed header must not hide the status, so it counts as an unknown one. */
  private static final LineParser LINES =
      new LazyLaxLineParser() {
        @Override
        public Header parseHeader(CharArrayBuffer line) {
          try {
            return super.parseHeader(line);
          } catch (ParseException e) {
            return new BasicHeader("malformed", "");
          }
        }
      };

  private static final DefaultHttpResponseParserFactory PARSERS =
      new DefaultHttpResponseParserFactory(HEAD, LINES, null);

  /** Digits that fit into a long. */
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  private BoundedClient() {}

  /**
   * Bounds the size of a client's answers and the time for them.
   *
   * @param longest from the wait for a connection to the end of the answer
   * @param bytes of a body, after decompression
   */
  static void bound(HttpClientBuilder client, Duration longest, int bytes, BodyOf2xx wanted) {
    client
        .setRequestExecutor(new Transport())
        .addExecInterceptorFirst("whole-answer", new WholeAnswer(longest, bytes, wanted))
        .addExecInterceptorBefore(
            ChainElement.CONNECT.name(), "fresh-connection", new FreshConnection())
        // the client would decompress without a limit; WholeAnswer decompresses within bounds
        .disableContentCompression()
        .disableAutomaticRetries()
        // cookies accumulate and would fill the memory
        .disableCookieManagement();
  }

  /** Returns a builder for connections with a bounded head of the answer. */
  public static PoolingHttpClientConnectionManagerBuilder connections() {
    return new Connections().setConnectionFactory(factory());
  }

  private static final class Connections extends PoolingHttpClientConnectionManagerBuilder {
    @Override
    protected HttpClientConnectionOperator createConnectionOperator(
        SchemePortResolver ports, DnsResolver names, TlsSocketStrategy tls) {
      return new Network(super.createConnectionOperator(ports, names, tls));
    }
  }

  static HttpConnectionFactory<ManagedHttpClientConnection> factory() {
    return BoundedClient::connection;
  }

  private static ManagedHttpClientConnection connection(Socket socket) throws IOException {
    LeftoverGuard turn =
        new LeftoverGuard(DefaultHttpRequestWriterFactory.INSTANCE.create(), PARSERS.create());
    return ManagedHttpClientConnectionFactory.builder()
        .http1Config(HEAD)
        .requestWriterFactory(() -> turn::write)
        .responseParserFactory(config -> turn::parse)
        .incomingContentLengthStrategy(BoundedClient::length)
        .build()
        .createConnection(socket);
  }

  /**
   * A repeated equal length counts once. A malformed length must not hide the status: the body then
   * ends when the connection closes.
   */
  private static long length(HttpMessage answer) {
    try {
      return DefaultContentLengthStrategy.INSTANCE.determineLength(answer);
    } catch (HttpException e) {
      return answer.containsHeader(HttpHeaders.TRANSFER_ENCODING)
          ? ContentLengthStrategy.UNDEFINED
          : repeated(answer.getHeaders(HttpHeaders.CONTENT_LENGTH));
    }
  }

  private static long repeated(Header[] lengths) {
    List<String> different =
        Stream.of(lengths)
            .flatMap(each -> Stream.of(each.getValue().split(",", -1)))
            .map(String::strip)
            .distinct()
            .toList();
    return different.size() == 1 && LENGTH.matcher(different.get(0)).matches()
        ? Long.parseLong(different.get(0))
        : ContentLengthStrategy.UNDEFINED;
  }
}
