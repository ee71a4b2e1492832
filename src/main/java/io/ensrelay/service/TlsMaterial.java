package io.ensrelay.service;

import io.ensrelay.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who we are and whom we trust, on both sides of the service ({@code ens.tls.*}) or at another
 * endpoint.
 *
 * <p>The files are read at first use, and again when one of them has changed (time or size), so a
 * certificate replaced on disk is used at the next connect. When the new one can't be used, that is
 * one warning and the last good one stays. Before any good one it is a {@link
 * ConfigurationException}. A file not configured: no client certificate, the CAs of the JVM.
 *
 * <p>The setters are for the one who creates it, before the first use; a blank value counts as not
 * set. After that it is safe for use by many threads.
 */
public final class TlsMaterial {
  private static final Logger LOG = LoggerFactory.getLogger(TlsMaterial.class);

  /** Of what is in memory only: PKCS#12 would derive a key, thousands of rounds of a hash. */
  private static final String IN_MEMORY = "JKS";

  private static final char[] NO_PASSWORD = new char[0];

  private String prefix = "ens.tls";
  private Optional<String> keystore = Optional.empty();
  private Optional<String> keystorePassword = Optional.empty();
  private Optional<String> truststore = Optional.empty();
  private Optional<String> truststorePassword = Optional.empty();
  private List<String> protocols = List.of("TLSv1.2", "TLSv1.3");

  private Optional<Loaded> loaded = Optional.empty();
  private List<String> lastSeen = List.of();

  private record Loaded(SSLContext context, Optional<Identity> identity) {}

  /** What the keys of these settings begin with, for what is said of them. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** PKCS#12, JKS or PEM, with the client certificate and its private key. */
  public void setKeystore(String path) {
    keystore = given(path);
  }

  public void setKeystorePassword(String password) {
    keystorePassword = given(password);
  }

  /** PKCS#12, JKS or PEM, with the certificates of the CAs to trust. */
  public void setTruststore(String path) {
    truststore = given(path);
  }

  public void setTruststorePassword(String password) {
    truststorePassword = given(password);
  }

  /** TLS versions to offer, separated by commas. */
  public void setProtocols(String list) {
    protocols = List.of(list.strip().split("\\s*,\\s*"));
  }

  /** For the next connection; not to be kept for the one after it. */
  public SSLContext context() {
    return current().context();
  }

  /** When the client certificate expires, empty if there is none. */
  public Optional<Instant> expires() {
    return current().identity().map(Identity::expires);
  }

  /** Whom the client certificate was issued to, empty if there is none. */
  public Optional<String> subject() {
    return current()
        .identity()
        .map(identity -> identity.certificate().getSubjectX500Principal().getName());
  }

  /** The client certificate itself, empty if there is none. */
  public Optional<X509Certificate> certificate() {
    return current().identity().map(Identity::certificate);
  }

  /** The TLS versions to offer. */
  public String[] protocols() {
    return protocols.toArray(String[]::new);
  }

  /**
   * Makes sockets with the certificates of the moment, the configured TLS versions and the server's
   * host name verified; it can be kept.
   */
  public SSLSocketFactory socketFactory() {
    return new VerifyingSocketFactory(this);
  }

  /** The same for Camel's HTTP client; it can be kept. */
  public TlsSocketStrategy socketStrategy() {
    return (socket, host, port, attachment, call) ->
        new DefaultClientTlsStrategy(
                context(), protocols(), null, SSLBufferMode.STATIC, new DefaultHostnameVerifier())
            .upgrade(socket, host, port, attachment, call);
  }

  private synchronized Loaded current() {
    List<String> seen = List.of(stamp(keystore), stamp(truststore));
    if (loaded.isPresent() && seen.equals(lastSeen)) {
      return loaded.get();
    }
    try {
      Loaded next = load();
      if (loaded.isPresent()) {
        LOG.info("The certificates have changed on disk and are used from the next connect on");
      }
      loaded = Optional.of(next);
      lastSeen = seen;
      return next;
    } catch (ConfigurationException e) {
      lastSeen = seen;
      Loaded lastGood = loaded.orElseThrow(() -> e);
      LOG.warn(
          "The certificates have changed on disk, the last good ones stay in use: {}",
          e.getMessage());
      return lastGood;
    }
  }

  private Loaded load() {
    Optional<Identity> identity =
        keystore.map(
            path -> new CertificateFile(prefix + ".keystore", path, keystorePassword).identity());
    Optional<List<X509Certificate>> authorities =
        truststore.map(
            path ->
                new CertificateFile(prefix + ".truststore", path, truststorePassword)
                    .authorities());
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          identity.isPresent() ? keyManagers(identity.get()) : new KeyManager[0],
          authorities.isPresent() ? trustManagers(authorities.get()) : null,
          null);
      return new Loaded(context, identity);
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigurationException(
          prefix + ".keystore",
          keystore.orElse(""),
          "this JVM can't use it (" + e.getClass().getSimpleName() + ")",
          "use an RSA or EC key");
    }
  }

  private static KeyManager[] keyManagers(Identity identity)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(IN_MEMORY);
    store.load(null, null);
    store.setKeyEntry(
        "client", identity.key(), NO_PASSWORD, identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static TrustManager[] trustManagers(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(IN_MEMORY);
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("ca-" + i, authorities.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static String stamp(Optional<String> file) {
    try {
      if (file.isEmpty()) {
        return "";
      }
      Path path = Path.of(file.get());
      return Files.getLastModifiedTime(path) + " " + Files.size(path);
    } catch (IOException | InvalidPathException e) {
      return "missing";
    }
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Without the passwords. */
  @Override
  public String toString() {
    return "TlsMaterial[keystore=" + keystore.orElse("") + "]";
  }
}
