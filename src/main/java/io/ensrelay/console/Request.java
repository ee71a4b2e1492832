package io.ensrelay.console;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.MessageHeaders;

/**
 * A request as it came.
 *
 * @param from who sent it
 * @param port the port it came to
 * @param body empty as long as only the head is there
 */
record Request(
    String method, URI uri, MessageHeaders headers, InetAddress from, int port, byte[] body) {

  /** The value of a header that may stand once; a second one makes it unclear, and so absent. */
  Optional<String> header(String name) {
    List<String> all = all(name);
    return all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty();
  }

  /** The values of a header, as often as it is there. */
  List<String> all(String name) {
    return Stream.of(headers.getHeaders(name)).map(Header::getValue).toList();
  }

  String path() {
    return uri.getPath();
  }

  /** Whether it changes nothing. */
  boolean isReading() {
    return method.equals("GET") || method.equals("HEAD");
  }

  Request with(byte[] whole) {
    return new Request(method, uri, headers, from, port, whole);
  }
}
