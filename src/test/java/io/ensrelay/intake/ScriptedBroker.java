package io.ensrelay.intake;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPubAckMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** An MQTT 3.1.1 server that does what a test tells it, and notes what the client sends. */
final class ScriptedBroker implements AutoCloseable {
  /** One connection of a client, in the order of CONNECT. */
  static final class Client {
    final List<Integer> acknowledged = new CopyOnWriteArrayList<>();
    final List<String> subscribed = new CopyOnWriteArrayList<>();
    final List<Integer> qos = new CopyOnWriteArrayList<>();
    final List<String> unsubscribed = new CopyOnWriteArrayList<>();
    volatile int subscribePackets;
    volatile boolean disconnected;
    MqttConnectMessage connect;
    Channel channel;

    /** Sends a message at QoS 1. */
    void publish(int packetId, String topic, String payload) {
      channel.writeAndFlush(
          new MqttPublishMessage(
              new MqttFixedHeader(MqttMessageType.PUBLISH, false, MqttQoS.AT_LEAST_ONCE, false, 0),
              new MqttPublishVariableHeader(topic, packetId),
              Unpooled.copiedBuffer(payload, StandardCharsets.UTF_8)));
    }

    void cut() {
      channel.close().syncUninterruptibly();
    }
  }

  final List<Client> clients = new CopyOnWriteArrayList<>();

  /** The answer to the n-th connection (from 0); null: none at all. */
  volatile Function<Integer, MqttConnectReturnCode> onConnect =
      n -> MqttConnectReturnCode.CONNECTION_ACCEPTED;

  /** Whether the n-th connection (from 0) is told that its session is there. */
  volatile Function<Integer, Boolean> onSession = n -> false;

  /** The answer to a topic: a QoS or 0x80. */
  volatile Function<String, Integer> onSubscribe = topic -> 1;

  /** Changes the answers to the topics of one packet. */
  volatile UnaryOperator<List<Integer>> onSuback = answers -> answers;

  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final Channel server;

  ScriptedBroker(SSLContext tls) {
    server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    SSLEngine engine = tls.createSSLEngine();
                    engine.setUseClientMode(false);
                    engine.setNeedClientAuth(true);
                    channel
                        .pipeline()
                        .addLast(new SslHandler(engine))
                        .addLast(new MqttDecoder(1 << 24), MqttEncoder.INSTANCE, new Handler());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  String url() {
    return "ssl://localhost:" + ((InetSocketAddress) server.localAddress()).getPort();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Handler extends SimpleChannelInboundHandler<MqttMessage> {
    private final Client client = new Client();

    @Override
    protected void channelRead0(ChannelHandlerContext context, MqttMessage message) {
      switch (message.fixedHeader().messageType()) {
        case CONNECT -> connect(context, (MqttConnectMessage) message);
        case SUBSCRIBE -> subscribe(context, (MqttSubscribeMessage) message);
        case UNSUBSCRIBE -> unsubscribe(context, (MqttUnsubscribeMessage) message);
        case PUBACK ->
            client.acknowledged.add(((MqttPubAckMessage) message).variableHeader().messageId());
        case PINGREQ -> context.writeAndFlush(new MqttMessage(header(MqttMessageType.PINGRESP)));
        case DISCONNECT -> client.disconnected = true;
        default -> throw new IllegalStateException(message.toString());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }

    private void connect(ChannelHandlerContext context, MqttConnectMessage message) {
      client.connect = message;
      client.channel = context.channel();
      MqttConnectReturnCode answer = onConnect.apply(clients.size());
      boolean session = onSession.apply(clients.size());
      clients.add(client);
      if (answer != null) {
        context.writeAndFlush(
            new MqttConnAckMessage(
                header(MqttMessageType.CONNACK), new MqttConnAckVariableHeader(answer, session)));
      }
    }

    private void subscribe(ChannelHandlerContext context, MqttSubscribeMessage message) {
      client.subscribePackets++;
      List<Integer> answers =
          message.payload().topicSubscriptions().stream()
              .map(
                  s -> {
                    client.subscribed.add(s.topicFilter());
                    client.qos.add(s.qualityOfService().value());
                    return onSubscribe.apply(s.topicFilter());
                  })
              .toList();
      List<Integer> codes = onSuback.apply(answers);
      // Netty would not write codes that the standard does not have
      ByteBuf packet = Unpooled.buffer().writeByte(0x90).writeByte(2 + codes.size());
      packet.writeShort(message.variableHeader().messageId());
      codes.forEach(packet::writeByte);
      context.writeAndFlush(packet);
    }

    private void unsubscribe(ChannelHandlerContext context, MqttUnsubscribeMessage message) {
      client.unsubscribed.addAll(message.payload().topics());
      context.writeAndFlush(
          new MqttUnsubAckMessage(
              header(MqttMessageType.UNSUBACK),
              MqttMessageIdVariableHeader.from(message.variableHeader().messageId())));
    }

    private static MqttFixedHeader header(MqttMessageType type) {
      return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
    }
  }
}
