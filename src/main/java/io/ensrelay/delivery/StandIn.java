package io.ensrelay.delivery;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.camel.CamelContext;

/**
 * Takes what would leave the process, in a test of a destination. A sink that does not send by HTTP
 * asks for it before it makes a connection. Threads: called by all lanes.
 */
public interface StandIn {
  /** Name of the bean. */
  String NAME = "ensStandIn";

  /**
   * What the receiver would get.
   *
   * @param headers properties, keys or whatever the receiver gets beside the body
   */
  record Sent(Map<String, Object> headers, byte[] body) {}

  /**
   * Takes messages that are sent in one step.
   *
   * @param receiver where they were to go, such as {@code kafka:events}
   * @throws Exception what the receiver's client would throw, if the test wants it to fail
   */
  void take(String receiver, List<Sent> messages) throws Exception;

  /** The one of a test; empty: this is no test. */
  static Optional<StandIn> of(CamelContext camel) {
    return Optional.ofNullable(camel)
        .map(context -> context.getRegistry().lookupByNameAndType(NAME, StandIn.class));
  }

  /** The same as the receiver of a batch sink. */
  static Optional<BatchSender.Receiver> of(
      CamelContext camel, String receiver, Function<BatchSender.Item, Sent> shown) {
    return of(camel)
        .map(
            standIn ->
                items -> {
                  standIn.take(receiver, items.stream().map(shown).toList());
                  return BatchSender.delivered(items);
                });
  }
}
