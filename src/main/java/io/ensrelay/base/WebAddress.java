package io.ensrelay.base;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An http or https URL, split without changing its path and query.
 *
 * @param scheme http or https
 * @param host an IPv6 address without brackets
 * @param port -1: the default port of the scheme
 * @param pathAndQuery byte for byte; begins with a slash
 */
public record WebAddress(String scheme, String host, int port, String pathAndQuery) {
  private static final Pattern URL = Pattern.compile("(?i)(https?)://([^/?#]*)([^#]*)(?:#.*)?");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]+))(?::(\\d{1,5}))?");

  /**
   * Parses a URL and drops the fragment, which HTTP never sends.
   *
   * @throws IllegalArgumentException if HTTP can't carry it; the message gives the reason without
   *     the URL
   */
  public static WebAddress of(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("is not an http or https URL");
    }
    if (parts.group(2).contains("@")) {
      throw new IllegalArgumentException("has credentials in it");
    }
    if (!url.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          "has a character that a URL can't have: white space or one beyond ASCII, to be"
              + " percent-encoded");
    }
    String rest = parts.group(3);
    return of(parts.group(1), parts.group(2), rest.startsWith("/") ? rest : "/" + rest);
  }

  /**
   * @param authority {@code host} or {@code host:port}
   */
  public static WebAddress of(String scheme, String authority, String pathAndQuery) {
    Matcher host = AUTHORITY.matcher(authority);
    if (!host.matches() || (host.group(1) != null && !isIpv6(host.group(1)))) {
      throw new IllegalArgumentException("has a malformed host");
    }
    int port = host.group(3) == null ? -1 : Integer.parseInt(host.group(3));
    if (port == 0 || port > 65535) {
      throw new IllegalArgumentException("the port is not a number from 1 to 65535");
    }
    String name = host.group(1) == null ? host.group(2) : host.group(1);
    return new WebAddress(scheme.toLowerCase(Locale.ROOT), name, port, pathAndQuery);
  }

  /** Java treats a text in brackets as an address and does not look it up. */
  private static boolean isIpv6(String text) {
    try {
      return InetAddress.getByName("[" + text + "]") != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
