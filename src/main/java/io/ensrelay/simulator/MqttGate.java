package io.ensrelay.simulator;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPubAckMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Handles each packet between one client and the broker where the broker differs from the real
 * service: it rejects connections, subscriptions and messages for topics of other tenants, and
 * keeps published messages in order. Threads: the connection's thread only.
 */
final class MqttGate extends ChannelDuplexHandler {
  private static final int REFUSED_SUBSCRIPTION = 0x80;
  private static final long SEEN_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private final Tenants tenants;
  private final Admission admission;
  private final QosRules subscriptions;
  private final ClientPublications publications;
  private int pings;
  private long lastSeenByBroker = System.nanoTime();
  private String clientId = "";
  private boolean admitted;
  private boolean hung;
  private volatile Optional<SimulatedTenant> tenant = Optional.empty();
  private ChannelHandlerContext context;

  MqttGate(
      Tenants tenants,
      Admission admission,
      QosRules subscriptions,
      ClientPublications publications) {
    this.tenants = tenants;
    this.admission = admission;
    this.subscriptions = subscriptions;
    this.publications = publications;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Returns the tenant of the client that has asked for a connection; empty for none. */
  String tenantName() {
    return tenant.map(SimulatedTenant::name).orElse("");
  }

  /** Passes an acknowledgement to the broker as if the client had sent it. */
  void acknowledge(int packetId) {
    MqttFixedHeader header =
        new MqttFixedHeader(MqttMessageType.PUBACK, false, MqttQoS.AT_MOST_ONCE, false, 2);
    MqttPubAckMessage acknowledgement =
        new MqttPubAckMessage(header, MqttMessageIdVariableHeader.from(packetId));
    context.executor().execute(() -> context.fireChannelRead(acknowledgement));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object packet) throws Exception {
    if (packet instanceof MqttConnectMessage) {
      tenant = tenants.ofCertificate(certificates(ctx));
    }
    if (hangs()) {
      ReferenceCountUtil.release(packet);
    } else if (packet instanceof MqttMessage message && message.decoderResult().isFailure()) {
      ctx.fireChannelRead(packet);
    } else if (packet instanceof MqttConnectMessage connect) {
      connect(ctx, connect);
    } else if (packet instanceof MqttSubscribeMessage subscribe) {
      subscribe(ctx, subscribe);
    } else if (packet instanceof MqttPublishMessage publish
        && !isOwn(publish.variableHeader().topicName())) {
      ReferenceCountUtil.release(publish);
      ctx.close();
    } else if (admitted
        && packet instanceof MqttPublishMessage publish
        && ClientPublications.takes(publish)) {
      publish(ctx, publish);
    } else {
      ctx.fireChannelRead(packet);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object packet, ChannelPromise promise)
      throws Exception {
    if (hangs()) {
      ReferenceCountUtil.release(packet);
      promise.setSuccess();
      return;
    }
    if (packet instanceof MqttSubAckMessage) {
      subscriptions.settle(clientId);
    } else if (pings > 0
        && packet instanceof MqttMessage message
        && message.fixedHeader().messageType() == MqttMessageType.PINGRESP) {
      pings--;
      promise.setSuccess();
      return;
    }
    ctx.write(packet, promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    admission.leave(this);
    ctx.fireChannelInactive();
  }

  private void connect(ChannelHandlerContext ctx, MqttConnectMessage connect) throws Exception {
    Admission.Decision answer = admission.ask(this, connect, certificates(ctx));
    if (answer.isAdmitted()) {
      admitted = true;
      clientId = connect.payload().clientIdentifier();
      subscriptions.beginSession(clientId);
      ctx.fireChannelRead(connect);
      return;
    }
    ReferenceCountUtil.release(connect);
    if (answer.code().isEmpty()) {
      ctx.close();
    } else {
      // in the format of MQTT 3.1.1, even if the client asked for another version
      byte[] refused = {0x20, 2, 0, (byte) answer.code().getAsInt()};
      ctx.writeAndFlush(Unpooled.wrappedBuffer(refused)).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void subscribe(ChannelHandlerContext ctx, MqttSubscribeMessage subscribe)
      throws Exception {
    if (admission.refusesSubscriptions(tenantName()) || !areOwn(subscribe)) {
      int topics = subscribe.payload().topicSubscriptions().size();
      MqttFixedHeader header =
          new MqttFixedHeader(MqttMessageType.SUBACK, false, MqttQoS.AT_MOST_ONCE, false, 0);
      ctx.writeAndFlush(
          new MqttSubAckMessage(
              header,
              MqttMessageIdVariableHeader.from(subscribe.variableHeader().messageId()),
              new MqttSubAckPayload(Collections.nCopies(topics, REFUSED_SUBSCRIPTION))));
      ReferenceCountUtil.release(subscribe);
      return;
    }
    subscriptions.replace(clientId, subscribe.payload().topicSubscriptions());
    ctx.fireChannelRead(subscribe);
  }

  private void publish(ChannelHandlerContext ctx, MqttPublishMessage publish)
      throws InterruptedException {
    letBrokerSee();
    try {
      publications.add(publish, ctx);
    } finally {
      ReferenceCountUtil.release(publish);
    }
  }

  private boolean areOwn(MqttSubscribeMessage subscribe) {
    return subscribe.payload().topicSubscriptions().stream()
        .allMatch(each -> isOwn(each.topicFilter()));
  }

  private boolean isOwn(String topic) {
    return tenants.ofTopic(topic).equals(tenant);
  }

  /** A packet that was not answered is lost, so the connection never gets an answer again. */
  private boolean hangs() {
    hung = hung || admission.hangs(tenantName());
    return hung;
  }

  /** Sends pings, because the broker drops a client without packets; holds back the answers. */
  private void letBrokerSee() {
    long now = System.nanoTime();
    if (now - lastSeenByBroker > SEEN_EVERY_NANOS) {
      lastSeenByBroker = now;
      pings++;
      context.fireChannelRead(MqttMessage.PINGREQ);
    }
  }

  private static java.security.cert.Certificate[] certificates(ChannelHandlerContext ctx) {
    try {
      return ctx.pipeline().get(SslHandler.class).engine().getSession().getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      throw new IllegalStateException("TLS should have asked for a client certificate", e);
    }
  }
}
