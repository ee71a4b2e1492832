package io.ensrelay.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.file.Path;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.integration.StaticMessageHeaderAccessor;
import org.springframework.integration.config.EnableIntegration;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.file.dsl.Files;
import org.springframework.integration.file.support.FileExistsMode;
import org.springframework.integration.mqtt.core.DefaultMqttPahoClientFactory;
import org.springframework.integration.mqtt.inbound.MqttPahoMessageDrivenChannelAdapter;

/** Spring Integration: MQTT adapter with manual acknowledgement, a filter of the JSON, a file. */
final class SpringFlow {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SpringFlow() {}

  @EnableIntegration
  static class Configuration {}

  /** Tenant, directory of the service, port, file. */
  public static void main(String[] args) throws Exception {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setServerURIs(new String[] {"ssl://localhost:" + args[2]});
    options.setCleanSession(false);
    options.setSocketFactory(new Tls(Path.of(args[1])).sockets());
    DefaultMqttPahoClientFactory clients = new DefaultMqttPahoClientFactory();
    clients.setConnectionOptions(options);
    MqttPahoMessageDrivenChannelAdapter adapter =
        new MqttPahoMessageDrivenChannelAdapter(args[0], clients, args[0] + "/device/#");
    adapter.setQos(1);
    adapter.setManualAcks(true);
    File file = new File(args[3]);
    IntegrationFlow flow =
        IntegrationFlow.from(adapter)
            .filter(String.class, SpringFlow::hasDevices)
            .handle(
                Files.outboundGateway(file.getParentFile())
                    .fileNameGenerator(message -> file.getName())
                    .fileExistsMode(FileExistsMode.APPEND)
                    .appendNewLine(true))
            .handle(message -> StaticMessageHeaderAccessor.getAcknowledgment(message).acknowledge())
            .get();
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    context.register(Configuration.class);
    context.registerBean("flow", IntegrationFlow.class, () -> flow);
    context.refresh();
  }

  private static boolean hasDevices(String payload) {
    try {
      return JSON.readTree(payload).path("devices").isArray();
    } catch (java.io.IOException e) {
      return false;
    }
  }
}
