package io.ensrelay.intake;

import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.simulator.IssuedCertificate;
import io.ensrelay.tls.TlsMaterial;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A CA made for one test, with a server and a client of it. */
final class TestKeys {
  private final CertificateAuthority authority = CertificateAuthority.create("test CA");

  SSLContext server() throws Exception {
    return context(
        authority.issue(CertificateRequest.server("localhost", "localhost", "127.0.0.1")));
  }

  /** The settings of a relay that the server accepts. */
  TlsMaterial client(Path dir) throws Exception {
    return material(dir, authority);
  }

  /** Trusts the server, and has a certificate that the server does not trust. */
  TlsMaterial stranger(Path dir) throws Exception {
    return material(dir, CertificateAuthority.create("another CA"));
  }

  private TlsMaterial material(Path dir, CertificateAuthority issuer) throws Exception {
    Path keystore = dir.resolve("client.p12");
    Path truststore = dir.resolve("truststore.p12");
    issuer.issue(CertificateRequest.client("cps-user")).writePkcs12(keystore, "changeit");
    authority.writeTruststore(truststore, "changeit");
    TlsMaterial material = new TlsMaterial();
    material.setKeystore(keystore.toString());
    material.setKeystorePassword("changeit");
    material.setTruststore(truststore.toString());
    material.setTruststorePassword("changeit");
    material.setProtocols("TLSv1.2,TLSv1.3");
    return material;
  }

  private SSLContext context(IssuedCertificate certificate) throws Exception {
    char[] password = "changeit".toCharArray();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "key", certificate.key(), password, certificate.chain().toArray(Certificate[]::new));
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, password);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", authority.certificate());
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }
}
