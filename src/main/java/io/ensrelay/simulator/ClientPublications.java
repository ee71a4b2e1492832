package io.ensrelay.simulator;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPubAckMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the clients' messages in the order of receipt and acknowledges them once stored. The
 * broker itself would handle each packet on any thread of its pool, out of order.
 */
final class ClientPublications implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientPublications.class);
  private static final int WAITING_AT_MOST = 10_000;
  private static final int TOGETHER_AT_MOST = 200;

  /** Stores messages for every subscription; returns once they are stored. */
  @FunctionalInterface
  interface Publisher {
    void publish(List<Publication> publications) throws Exception;
  }

  private record Waiting(Publication publication, int packetId, ChannelHandlerContext client) {}

  private final Publisher publisher;
  private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(WAITING_AT_MOST);
  private final Thread thread = new Thread(this::run, "ens-simulator-publications");

  ClientPublications(Publisher publisher) {
    this.publisher = publisher;
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether this class publishes it; the broker itself handles QoS 2 and retained messages. */
  static boolean takes(MqttPublishMessage publish) {
    return publish.fixedHeader().qosLevel().value() < MqttQoS.EXACTLY_ONCE.value()
        && !publish.fixedHeader().isRetain();
  }

  /** Queues a message, waiting while the queue is full; does not release the message. */
  void add(MqttPublishMessage publish, ChannelHandlerContext client) throws InterruptedException {
    boolean once = publish.fixedHeader().qosLevel() == MqttQoS.AT_LEAST_ONCE;
    waiting.put(
        new Waiting(
            new Publication(
                publish.variableHeader().topicName(), ByteBufUtil.getBytes(publish.payload())),
            once ? publish.variableHeader().packetId() : 0,
            client));
  }

  private void run() {
    List<Waiting> batch = new ArrayList<>();
    try {
      while (true) {
        batch.add(waiting.take());
        waiting.drainTo(batch, TOGETHER_AT_MOST - 1);
        publish(batch);
        batch.clear();
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  private void publish(List<Waiting> batch) throws InterruptedException {
    try {
      publisher.publish(batch.stream().map(Waiting::publication).toList());
      batch.stream().filter(each -> each.packetId > 0).forEach(ClientPublications::acknowledge);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      LOG.warn("Messages from clients could not be stored: {}", e.toString());
      batch.forEach(each -> each.client.close());
    }
  }

  private static void acknowledge(Waiting stored) {
    MqttFixedHeader header =
        new MqttFixedHeader(MqttMessageType.PUBACK, false, MqttQoS.AT_MOST_ONCE, false, 2);
    stored.client.writeAndFlush(
        new MqttPubAckMessage(header, MqttMessageIdVariableHeader.from(stored.packetId)));
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
