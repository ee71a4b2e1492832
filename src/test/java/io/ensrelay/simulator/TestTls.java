package io.ensrelay.simulator;

import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** The client's side of TLS, as a test needs it: trusts the simulator, shows what it is told to. */
final class TestTls {
  private TestTls() {}

  static SSLContext withoutCertificate(SimulatorCertificates certificates, String protocol)
      throws Exception {
    return context(certificates, protocol, null);
  }

  static SSLContext showing(Path keystore, SimulatorCertificates certificates) throws Exception {
    return showing(keystore, certificates, "TLS");
  }

  static SSLContext showing(Path keystore, SimulatorCertificates certificates, String protocol)
      throws Exception {
    char[] password = certificates.password().toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(KeyStore.getInstance(keystore.toFile(), password), password);
    X509ExtendedKeyManager manager = (X509ExtendedKeyManager) keys.getKeyManagers()[0];
    return context(certificates, protocol, new KeyManager[] {new Stubborn(manager)});
  }

  private static SSLContext context(
      SimulatorCertificates certificates, String protocol, KeyManager[] keys) throws Exception {
    char[] password = certificates.password().toCharArray();
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(KeyStore.getInstance(certificates.truststore().toFile(), password));
    SSLContext context = SSLContext.getInstance(protocol);
    context.init(keys, trust.getTrustManagers(), null);
    return context;
  }

  /** Shows its certificate whether or not the server names its authority. */
  private static final class Stubborn extends X509ExtendedKeyManager {
    private static final String ALIAS = "ens";
    private final X509ExtendedKeyManager keys;

    Stubborn(X509ExtendedKeyManager keys) {
      this.keys = keys;
    }

    @Override
    public String chooseClientAlias(
        String[] keyTypes, java.security.Principal[] issuers, java.net.Socket socket) {
      return ALIAS;
    }

    @Override
    public String chooseEngineClientAlias(
        String[] keyTypes, java.security.Principal[] issuers, javax.net.ssl.SSLEngine engine) {
      return ALIAS;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return Optional.ofNullable(keys.getCertificateChain(alias)).orElseThrow();
    }

    @Override
    public java.security.PrivateKey getPrivateKey(String alias) {
      return keys.getPrivateKey(alias);
    }

    @Override
    public String[] getClientAliases(String keyType, java.security.Principal[] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String[] getServerAliases(String keyType, java.security.Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseServerAlias(
        String keyType, java.security.Principal[] issuers, java.net.Socket socket) {
      throw new UnsupportedOperationException("A client");
    }
  }
}
