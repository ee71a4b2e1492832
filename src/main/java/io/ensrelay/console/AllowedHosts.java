package io.ensrelay.console;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The names a port may be called by. Somebody may make the name of a page point here (DNS
 * rebinding), and a browser sends that name in {@code Host}: so only names that nobody else can own
 * are allowed.
 */
final class AllowedHosts {
  private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Set<String> names = new TreeSet<>();
  private final boolean isOpen;

  /**
   * @param host address that the port listens on
   * @param more other names of this machine, separated by commas
   */
  AllowedHosts(String host, Optional<String> more) {
    String own = host.toLowerCase(Locale.ROOT);
    names.addAll(HERE);
    names.add(own);
    names.add("[" + own + "]");
    more.map(list -> Set.of(list.toLowerCase(Locale.ROOT).split("\\s*,\\s*")))
        .ifPresent(names::addAll);
    isOpen = !isLoopback(host);
    if (isOpen) {
      try {
        names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
        names.add(InetAddress.getLocalHost().getCanonicalHostName().toLowerCase(Locale.ROOT));
      } catch (UnknownHostException e) {
        // it has no name
      }
    }
  }

  static boolean isLoopback(String host) {
    return host.matches("(?i)localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");
  }

  /**
   * @param called the header {@code Host}
   */
  boolean isOurs(String called) {
    String name = called.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    return names.contains(name) || (isOpen && isNobodyElses(name));
  }

  /** Whether it is an address, or a name without a dot, which is never public. */
  private static boolean isNobodyElses(String name) {
    return name.matches("\\[[0-9a-f:.]+]|\\d{1,3}(\\.\\d{1,3}){3}|[a-z0-9_-]+");
  }
}
