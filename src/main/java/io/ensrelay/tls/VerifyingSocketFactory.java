package io.ensrelay.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes sockets that verify the server's host name, whichever library uses them.
 *
 * <p>Paho takes an unconnected socket, connects it and sets its own SSL parameters. Parameters that
 * Paho does not set keep the values from here.
 */
final class VerifyingSocketFactory extends SSLSocketFactory {
  private final TlsMaterial tls;

  VerifyingSocketFactory(TlsMaterial tls) {
    this.tls = tls;
  }

  @Override
  public Socket createSocket() throws IOException {
    return verifying(current().createSocket());
  }

  @Override
  public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
      throws IOException {
    return verifying(current().createSocket(socket, host, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return verifying(current().createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    return verifying(current().createSocket(host, port, from, fromPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return verifying(current().createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    return verifying(current().createSocket(host, port, from, fromPort));
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return current().getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return current().getSupportedCipherSuites();
  }

  private SSLSocketFactory current() {
    return tls.context().getSocketFactory();
  }

  private Socket verifying(Socket socket) {
    SSLSocket secure = (SSLSocket) socket;
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setProtocols(tls.protocols());
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secure.setSSLParameters(parameters);
    return secure;
  }
}
