package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.eclipse.paho.client.mqttv3.internal.SSLNetworkModule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sockets in the hands of the MQTT library, which is told not to verify the host name. */
class VerifyingSocketFactoryTest {
  private static final Authority CA = new Authority("Test CA");

  @TempDir Path dir;
  private SSLServerSocket listener;

  @AfterEach
  void close() throws IOException {
    listener.close();
  }

  @Test
  void connectsWithTheClientCertificateInTheConfiguredVersion() throws Exception {
    CompletableFuture<String> seen = serve(CA.issue("localhost"));
    TlsMaterial tls = client(CA, CA);
    tls.setProtocols("TLSv1.2");

    connect(tls, "localhost").stop();

    assertEquals("TLSv1.2 CN=me", seen.get(10, TimeUnit.SECONDS));
  }

  @Test
  void refusesAnotherHostName() throws Exception {
    serve(CA.issue("other.example"));

    assertThrows(SSLException.class, () -> connect(client(CA, CA), "localhost"));
  }

  @Test
  void refusesAServerOfAnotherAuthority() throws Exception {
    serve(CA.issue("localhost"));

    assertThrows(
        SSLException.class, () -> connect(client(CA, new Authority("Other")), "localhost"));
  }

  @Test
  void verifiesAnAddressToo() throws Exception {
    serve(CA.issue("127.0.0.1"));

    assertDoesNotThrow(() -> connect(client(CA, CA), "127.0.0.1").stop());
  }

  @Test
  void offersTheConfiguredVersionsOnEverySocket() throws Exception {
    serve(CA.issue("localhost"));
    TlsMaterial tls = client(CA, CA);
    tls.setProtocols("TLSv1.3");
    InetAddress host = InetAddress.getLoopbackAddress();

    try (SSLSocket socket =
        (SSLSocket) tls.socketFactory().createSocket(host, listener.getLocalPort())) {
      assertArrayEquals(new String[] {"TLSv1.3"}, socket.getEnabledProtocols());
      assertEquals("HTTPS", socket.getSSLParameters().getEndpointIdentificationAlgorithm());
    }
  }

  private TlsMaterial client(Authority issuer, Authority trusted) {
    TlsMaterial tls = new TlsMaterial();
    Path keystore = dir.resolve("client.p12");
    tls.setKeystore(Authority.keystore(keystore, "PKCS12", issuer.issue("me"), "x").toString());
    tls.setKeystorePassword("x");
    tls.setTruststore(Authority.pem(dir.resolve("ca.pem"), trusted.certificate()).toString());
    return tls;
  }

  private SSLNetworkModule connect(TlsMaterial tls, String host) throws Exception {
    SSLNetworkModule module =
        new SSLNetworkModule(tls.socketFactory(), host, listener.getLocalPort(), "test");
    module.setSSLhandshakeTimeout(10);
    module.setHttpsHostnameVerificationEnabled(false);
    module.start();
    return module;
  }

  private CompletableFuture<String> serve(Identity identity) throws IOException {
    listener =
        (SSLServerSocket)
            CA.server(identity)
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
    listener.setNeedClientAuth(true);
    return CompletableFuture.supplyAsync(
        () -> {
          try (SSLSocket socket = (SSLSocket) listener.accept()) {
            socket.startHandshake();
            return socket.getSession().getProtocol()
                + " "
                + socket.getSession().getPeerPrincipal().getName();
          } catch (IOException e) {
            return e.toString();
          }
        });
  }
}
