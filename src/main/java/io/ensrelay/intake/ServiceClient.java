package io.ensrelay.intake;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.internal.NetworkModule;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttInputStream;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Paho's client on an already connected socket; reads a message when there is room for it. */
final class ServiceClient extends MqttAsyncClient {
  /** Interval at which Paho's reader checks whether to end. */
  private static final int READ_MILLIS = 1000;

  private final MqttInputStream.Room room;
  private volatile Socket socket;

  /**
   * @param url appears in Paho's messages only
   */
  ServiceClient(String url, String clientId, MqttInputStream.Room room) throws MqttException {
    super(url, clientId, new MemoryPersistence());
    this.room = room;
  }

  /** Sets the socket; called before {@link #connect}. */
  void use(Socket connected) {
    socket = connected;
  }

  @Override
  protected NetworkModule[] createNetworkModules(String address, MqttConnectOptions options) {
    return new NetworkModule[] {new Network(address)};
  }

  private final class Network implements NetworkModule {
    private final String url;

    Network(String url) {
      this.url = url;
    }

    @Override
    public void start() throws IOException {
      socket.setSoTimeout(READ_MILLIS);
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new Input(socket.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return socket.getOutputStream();
    }

    @Override
    public void stop() throws IOException {
      socket.close();
    }

    @Override
    public String getServerURI() {
      return url;
    }
  }

  private final class Input extends FilterInputStream implements MqttInputStream.Room {
    Input(InputStream in) {
      super(in);
    }

    @Override
    public boolean admits(int bytes) throws IOException {
      return room.admits(bytes);
    }
  }
}
