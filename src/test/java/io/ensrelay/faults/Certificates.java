package io.ensrelay.faults;

import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificates of a broker and its clients, in one folder: {@code ca.pem}, {@code
 * truststore.p12}, {@code client.p12}, {@code server.p12}, {@code server.pem}.
 *
 * @param authority signed them, and signs more
 */
record Certificates(Path dir, CertificateAuthority authority) {
  static final String PASSWORD = "changeit";

  static Certificates create(Path dir) throws IOException {
    Files.createDirectories(dir);
    Certificates made = new Certificates(dir, CertificateAuthority.create("fault suite CA"));
    made.authority.writePem(dir.resolve("ca.pem"));
    made.authority.writeTruststore(made.truststore(), PASSWORD);
    made.authority
        .issue(CertificateRequest.client("cps-user"))
        .writePkcs12(made.client(), PASSWORD);
    made.writeServer(
        made.authority, CertificateRequest.server("localhost", "localhost", "127.0.0.1"));
    return made;
  }

  void writeServer(CertificateAuthority issuer, CertificateRequest request) throws IOException {
    var server = issuer.issue(request);
    server.writePem(dir.resolve("server.pem"), "");
    server.writePkcs12(dir.resolve("server.p12"), PASSWORD);
  }

  Path truststore() {
    return dir.resolve("truststore.p12");
  }

  Path client() {
    return dir.resolve("client.p12");
  }

  /** Shows this key, trusts our authority. */
  SSLContext tls(String keystore) throws IOException {
    try {
      char[] password = PASSWORD.toCharArray();
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(KeyStore.getInstance(dir.resolve(keystore).toFile(), password), password);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(KeyStore.getInstance(truststore().toFile(), password));
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return tls;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }
}
