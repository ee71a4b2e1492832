package io.ensrelay.service;

import io.ensrelay.config.Settings;
import io.ensrelay.http.BoundedClient;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Connects through an HTTP proxy with CONNECT; the proxy resolves the target's name. Supports Basic
 * authentication only. Immutable.
 */
public final class HttpProxy {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");
  private static final Pattern CHALLENGE =
      Pattern.compile("(?i)proxy-authenticate:\\s*([A-Za-z0-9-]{1,20})(?:[\\s,].*)?");

  private final String prefix;
  private final String host;
  private final int port;
  private final Optional<String> username;
  private final String password;

  /** The proxy answered and refused the connection. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;
    private final boolean lasting;

    private RefusedException(String message, boolean lasting) {
      super(message);
      this.lasting = lasting;
    }

    /** Whether another attempt soon is useless. */
    public boolean isLasting() {
      return lasting;
    }
  }

  /** Returns the proxy configured by the keys that begin with {@code prefix}. */
  public static Optional<HttpProxy> of(Settings settings, String prefix) {
    return settings
        .get(prefix + ".proxy")
        .map(
            url ->
                new HttpProxy(
                    prefix,
                    url,
                    settings.get(prefix + ".proxy-username"),
                    settings.get(prefix + ".proxy-password")));
  }

  /**
   * @param prefix of its keys, such as {@code ens.mqtt}, for messages
   * @param url {@code http://host:port}
   */
  public HttpProxy(
      String prefix, String url, Optional<String> username, Optional<String> password) {
    URI uri = URI.create(url);
    this.prefix = prefix;
    host = Dialer.host(uri);
    port = Dialer.port(uri);
    this.username = username;
    this.password = password.orElse("");
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  /**
   * Connects a socket, already connected to the proxy, to the target; returns once bytes reach it.
   * The caller sets the socket's time-outs.
   */
  void connect(Socket socket, String target, int targetPort) throws IOException {
    String authority = (target.contains(":") ? "[" + target + "]" : target) + ":" + targetPort;
    StringBuilder request = new StringBuilder();
    request.append("CONNECT ").append(authority).append(" HTTP/1.1\r\n");
    request.append("Host: ").append(authority).append("\r\n");
    username.ifPresent(
        name ->
            request
                .append("Proxy-Authorization: Basic ")
                .append(base64(name + ":" + password))
                .append("\r\n"));
    request.append("\r\n");
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
    List<String> head = head(socket.getInputStream());
    Matcher status = STATUS.matcher(head.get(0));
    if (!status.matches()) {
      throw new RefusedException(name() + " does not answer as an HTTP proxy does", false);
    }
    int code = Integer.parseInt(status.group(1));
    if (code < 200 || code > 299) {
      throw refused(code, authority, head);
    }
  }

  private RefusedException refused(int code, String authority, List<String> head) {
    return switch (code) {
      case 407 -> new RefusedException(name() + " " + wanted(head), true);
      case 401, 403, 405 ->
          new RefusedException(
              name() + " does not allow a connection to " + authority + " (HTTP " + code + ")",
              true);
      case 502, 503, 504 ->
          new RefusedException(
              name() + " does not reach " + authority + " (HTTP " + code + ")", false);
      default ->
          new RefusedException(
              name() + " answers a CONNECT to " + authority + " with HTTP " + code, false);
    };
  }

  private String wanted(List<String> head) {
    Set<String> schemes = new LinkedHashSet<>();
    for (String line : head) {
      Matcher challenge = CHALLENGE.matcher(line);
      if (challenge.matches()) {
        schemes.add(challenge.group(1));
      }
    }
    boolean basic = schemes.isEmpty() || schemes.stream().anyMatch("Basic"::equalsIgnoreCase);
    if (!basic) {
      return "wants " + String.join(" or ", schemes) + ", but only Basic is supported (HTTP 407)";
    }
    String keys = prefix + ".proxy-username and " + prefix + ".proxy-password";
    return username.isPresent()
        ? "does not accept the user name and password (HTTP 407): check " + keys
        : "wants a user name and password (HTTP 407): set " + keys;
  }

  /** Reads byte by byte, because bytes after the head come from the target. */
  private List<String> head(InputStream in) throws IOException {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int read = 0;
        read < BoundedClient.LINE_BYTES && lines.size() <= BoundedClient.HEAD_LINES;
        read++) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(name() + " has closed the connection without an answer");
      }
      if (next != '\n') {
        line.append((char) next);
        continue;
      }
      String whole = line.toString().stripTrailing();
      if (whole.isEmpty() && !lines.isEmpty()) {
        return lines;
      }
      lines.add(whole);
      line.setLength(0);
      if (lines.size() == 1 && !whole.startsWith("HTTP/1.")) {
        return lines;
      }
    }
    throw new RefusedException(name() + " answers with a head that does not end", false);
  }

  private String name() {
    return "the proxy " + host + ":" + port;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Omits the credentials. */
  @Override
  public String toString() {
    return "http://" + host.toLowerCase(Locale.ROOT) + ":" + port;
  }
}
