package io.ensrelay.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts the servers that the JVM trusts with the given CAs; explains why it rejects others. */
final class ServerTrust extends X509ExtendedTrustManager {
  /** JKS for a store in memory: PKCS#12 would derive a key with thousands of hash rounds. */
  private static final String IN_MEMORY = "JKS";

  private final X509ExtendedTrustManager trust;
  private final Optional<String> truststore;
  private final String truststoreKey;

  /**
   * @param truststore the file of the CAs; empty: Java's CAs
   */
  ServerTrust(X509ExtendedTrustManager trust, String truststoreKey, Optional<String> truststore) {
    this.trust = trust;
    this.truststoreKey = truststoreKey;
    this.truststore = truststore;
  }

  /**
   * @param authorities the CAs; empty: Java's CAs
   */
  static ServerTrust in(
      Optional<List<X509Certificate>> authorities,
      String truststoreKey,
      Optional<String> truststore)
      throws GeneralSecurityException, IOException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(authorities.isPresent() ? store(authorities.get()) : null);
    X509ExtendedTrustManager trust =
        Arrays.stream(factory.getTrustManagers())
            .filter(X509ExtendedTrustManager.class::isInstance)
            .map(X509ExtendedTrustManager.class::cast)
            .findFirst()
            .orElseThrow(() -> new GeneralSecurityException("no trust manager"));
    return new ServerTrust(trust, truststoreKey, truststore);
  }

  private static KeyStore store(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(IN_MEMORY);
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("ca-" + i, authorities.get(i));
    }
    return store;
  }

  private interface Check {
    void run() throws CertificateException;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    String host =
        socket instanceof SSLSocket secure ? host(secure.getHandshakeSession()) : "its host";
    explained(chain, authType, host, () -> trust.checkServerTrusted(chain, authType, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    String host = host(engine.getHandshakeSession());
    explained(chain, authType, host, () -> trust.checkServerTrusted(chain, authType, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    explained(chain, authType, "", () -> trust.checkServerTrusted(chain, authType));
  }

  private void explained(X509Certificate[] chain, String authType, String host, Check check)
      throws CertificateException {
    try {
      check.run();
    } catch (CertificateException e) {
      RejectedCertificate server =
          new RejectedCertificate(List.of(chain), List.of(trust.getAcceptedIssuers()));
      String text =
          isTrustedElsewhere(chain, authType)
              ? server.notOf(host, e)
              : server.untrusted(e, truststoreKey, truststore);
      UntrustedServerException explained = new UntrustedServerException(text);
      explained.addSuppressed(e);
      throw explained;
    }
  }

  /** Whether the chain alone is valid, so that only the host name can be wrong. */
  private boolean isTrustedElsewhere(X509Certificate[] chain, String authType) {
    try {
      trust.checkServerTrusted(chain, authType);
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  private static String host(SSLSession session) {
    return session == null || session.getPeerHost() == null ? "its host" : session.getPeerHost();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    trust.checkClientTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    trust.checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    trust.checkClientTrusted(chain, authType, engine);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.getAcceptedIssuers();
  }
}
