package io.ensrelay.bench;

import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** The client's certificate and the CA, from the directory of a {@link Service}. */
final class Tls {
  final KeyManagerFactory keys;
  final TrustManagerFactory trust;

  Tls(Path dir) throws Exception {
    char[] password = Service.PASSWORD.toCharArray();
    keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(KeyStore.getInstance(dir.resolve("client.p12").toFile(), password), password);
    trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(KeyStore.getInstance(dir.resolve("truststore.p12").toFile(), password));
  }

  SSLSocketFactory sockets() throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.2");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
