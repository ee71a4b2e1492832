package io.ensrelay.base;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The brokers to ask first, each {@code host:port}. Threads: safe. */
public record BrokerAddresses(List<String> all) {
  private static final int CONNECT_MILLIS = 1000;
  private static final int MOST = 3;

  /**
   * @param list separated by commas
   */
  public static BrokerAddresses of(String list) {
    return new BrokerAddresses(
        Stream.of(list.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList());
  }

  /**
   * Why none of them takes a connection; asks the first three for a second each. Empty: one does.
   */
  public Optional<String> outage() {
    String why = "";
    for (String each : all.stream().limit(MOST).toList()) {
      Optional<String> failure = outage(each);
      if (failure.isEmpty()) {
        return Optional.empty();
      }
      why += (why.isEmpty() ? "" : "; ") + failure.get();
    }
    return Optional.of(why).filter(text -> !text.isEmpty());
  }

  private static Optional<String> outage(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, Math.max(colon, 0)).replaceAll("[\\[\\]]", "");
    try (Socket socket = new Socket()) {
      InetSocketAddress to =
          new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1)));
      if (to.isUnresolved()) {
        throw new UnknownHostException("unknown host");
      }
      socket.connect(to, CONNECT_MILLIS);
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of(address + " is not reachable: " + e.getMessage());
    }
  }
}
