package io.ensrelay.faults;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * The devices: publishes numbered messages at QoS 1 and a set rate, and knows which of them the
 * broker confirmed. A message that was not confirmed is published again, unchanged and in order.
 */
final class Publisher implements AutoCloseable {
  private static final int DEVICES = 13;
  private static final int UNCONFIRMED_AT_MOST = 100;

  private record Message(int device, int seq) {}

  private final String url;
  private final MqttConnectOptions options = new MqttConnectOptions();
  private final int perSecond;
  private final int padding;
  private final Set<Message> unconfirmed = new LinkedHashSet<>();
  private final Map<String, BitSet> confirmed = new TreeMap<>();
  private final Thread thread = new Thread(this::run, "publisher");
  private MqttAsyncClient client;
  private volatile boolean ending;
  private volatile boolean closed;
  private long count;

  /**
   * @param padding bytes that each message has more
   */
  Publisher(Broker broker, int perSecond, int padding) throws Exception {
    url = "ssl://localhost:" + broker.port();
    options.setSocketFactory(broker.certificates().tls("client.p12").getSocketFactory());
    options.setMaxInflight(2 * UNCONFIRMED_AT_MOST);
    options.setConnectionTimeout(10);
    this.perSecond = perSecond;
    this.padding = padding;
    thread.setDaemon(true);
    thread.start();
  }

  static String deviceName(int device) {
    return "device-" + device;
  }

  private void run() {
    int next = 0;
    long start = System.nanoTime();
    try {
      while (!closed && !(ending && isAllConfirmed())) {
        try {
          connect();
          while (!closed && client.isConnected() && !(ending && isAllConfirmed())) {
            if (!ending && next < due(start) && hasRoom()) {
              publish(new Message(next % DEVICES, next / DEVICES));
              next++;
            } else {
              TimeUnit.MILLISECONDS.sleep(1);
            }
          }
        } catch (MqttException e) {
          TimeUnit.MILLISECONDS.sleep(100);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      leave();
    }
  }

  private long due(long start) {
    return (System.nanoTime() - start) * perSecond / TimeUnit.SECONDS.toNanos(1);
  }

  private void connect() throws MqttException {
    leave();
    client = new MqttAsyncClient(url, "publisher-" + System.nanoTime(), new MemoryPersistence());
    client.connect(options).waitForCompletion(TimeUnit.SECONDS.toMillis(15));
    List<Message> again;
    synchronized (this) {
      again = List.copyOf(unconfirmed);
    }
    for (Message message : again) {
      publish(message);
    }
  }

  private void leave() {
    if (client != null) {
      try {
        client.disconnectForcibly(0, 500, false);
        client.close(true);
      } catch (MqttException e) {
        // it is gone either way
      }
    }
  }

  private void publish(Message message) throws MqttException {
    synchronized (this) {
      unconfirmed.add(message);
    }
    client.publish(
        MetadataServer.topic(message.device, message.seq),
        text(message).getBytes(StandardCharsets.UTF_8),
        1,
        false,
        null,
        new IMqttActionListener() {
          @Override
          public void onSuccess(IMqttToken token) {
            confirm(message);
          }

          @Override
          public void onFailure(IMqttToken token, Throwable e) {
            // the connection is gone: published again on the next
          }
        });
  }

  private String text(Message message) {
    return """
    {"timestamp":1582796173229,"eventType":"device.%s","seq":%d,"padding":"%s","devices":[\
    {"compliant":true,"status":"ACTIVE","os":"IOS","deviceGuid":"%s"}]}\
    """
        .formatted(
            MetadataServer.tail(message.device, message.seq),
            message.seq,
            "x".repeat(padding),
            deviceName(message.device));
  }

  /** One more message, as it is; returns when the broker has it. */
  void send(byte[] payload) throws MqttException {
    MqttAsyncClient once =
        new MqttAsyncClient(url, "once-" + System.nanoTime(), new MemoryPersistence());
    once.connect(options).waitForCompletion();
    once.publish(MetadataServer.topic(0, 0), payload, 1, false)
        .waitForCompletion(Scale.PATIENCE.toMillis());
    once.disconnect().waitForCompletion();
    once.close();
  }

  private synchronized void confirm(Message message) {
    if (unconfirmed.remove(message)) {
      confirmed.computeIfAbsent(deviceName(message.device), name -> new BitSet()).set(message.seq);
      count++;
    }
  }

  private synchronized boolean hasRoom() {
    return unconfirmed.size() < UNCONFIRMED_AT_MOST;
  }

  private synchronized boolean isAllConfirmed() {
    return unconfirmed.isEmpty();
  }

  synchronized long count() {
    return count;
  }

  /** Those that the broker may have, confirmed or not. */
  synchronized long sent() {
    return count + unconfirmed.size();
  }

  /** Sequence numbers of the messages the broker has, by device. */
  synchronized Map<String, BitSet> confirmed() {
    Map<String, BitSet> copy = new TreeMap<>();
    confirmed.forEach((device, numbers) -> copy.put(device, (BitSet) numbers.clone()));
    return copy;
  }

  /** The same of the topics with these tails only. */
  Map<String, BitSet> confirmed(String... tails) {
    Map<String, BitSet> some = confirmed();
    for (int device = 0; device < DEVICES; device++) {
      BitSet numbers = some.getOrDefault(deviceName(device), new BitSet());
      for (int seq = 0; seq < numbers.length(); seq++) {
        if (!List.of(tails).contains(MetadataServer.tail(device, seq))) {
          numbers.clear(seq);
        }
      }
    }
    return some;
  }

  /** Publishes no new message; returns when the broker has confirmed all. */
  void finish() {
    ending = true;
    Awaitility.await("the publisher's end").atMost(Scale.PATIENCE).until(() -> !thread.isAlive());
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    thread.join();
  }
}
