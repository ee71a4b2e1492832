package io.ensrelay.tls;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our own certificate and the CAs we trust, for both sides of the service ({@code ens.tls.*}) or
 * for another endpoint.
 *
 * <p>Reads the files at first use and again after one of them changed (time or size), so the next
 * connection uses a certificate replaced on disk. If a changed file can't be used, it logs one
 * warning and keeps the last good certificates; without any it throws a {@link
 * ConfigurationException}. No keystore: no client certificate; no truststore: the JVM's CAs.
 *
 * <p>Call the setters before the first use, from one thread; a blank value counts as not set. After
 * that many threads may use it.
 */
public final class TlsMaterial {
  private static final Logger LOG = LoggerFactory.getLogger(TlsMaterial.class);

  private String prefix = "ens.tls";
  private KeyUse use = KeyUse.CLIENT;
  private Optional<String> keystore = Optional.empty();
  private Optional<String> keystorePassword = Optional.empty();
  private Optional<String> keyAlias = Optional.empty();
  private Optional<String> truststore = Optional.empty();
  private Optional<String> truststorePassword = Optional.empty();
  private List<String> protocols = List.of("TLSv1.2", "TLSv1.3");

  private Optional<Loaded> loaded = Optional.empty();
  private List<String> lastSeen = List.of();

  private record Loaded(SSLContext context, ClientKeys keys) {}

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** Sets whether the relay is the server and shows the certificate of the keystore. */
  public void setServer(boolean isServer) {
    use = isServer ? KeyUse.SERVER : KeyUse.CLIENT;
  }

  /** Sets the file (PKCS#12, JKS or PEM) with the client certificate and its private key. */
  public void setKeystore(String path) {
    keystore = given(path);
  }

  public void setKeystorePassword(String password) {
    keystorePassword = given(password);
  }

  /** Sets the name of the key to use if the keystore holds several. */
  public void setKeyAlias(String alias) {
    keyAlias = given(alias);
  }

  /** Sets the file (PKCS#12, JKS, PEM or PKCS#7) with the certificates of the CAs to trust. */
  public void setTruststore(String path) {
    truststore = given(path);
  }

  public void setTruststorePassword(String password) {
    truststorePassword = given(password);
  }

  /** Sets the TLS versions to offer, separated by commas. */
  public void setProtocols(String list) {
    protocols = List.of(list.strip().split("\\s*,\\s*"));
  }

  /**
   * Takes over what another one with the same settings has read, which saves the time of decrypting
   * the files again. Call it before the first use.
   */
  public synchronized void adopt(TlsMaterial other) {
    synchronized (other) {
      boolean same =
          prefix.equals(other.prefix)
              && use == other.use
              && keystore.equals(other.keystore)
              && keystorePassword.equals(other.keystorePassword)
              && keyAlias.equals(other.keyAlias)
              && truststore.equals(other.truststore)
              && truststorePassword.equals(other.truststorePassword);
      if (same && loaded.isEmpty()) {
        loaded = other.loaded;
        lastSeen = other.lastSeen;
      }
    }
  }

  /** Returns the context for the next connection only; do not keep it for later ones. */
  public SSLContext context() {
    return current().context();
  }

  /** Returns the time the client certificate expires, empty without one. */
  public Optional<Instant> expires() {
    return current().keys().current().map(Identity::expires);
  }

  /** Returns the subject of the client certificate, empty without one. */
  public Optional<String> subject() {
    return current()
        .keys()
        .current()
        .map(identity -> identity.certificate().getSubjectX500Principal().getName());
  }

  /** Returns the client certificate, empty without one. */
  public Optional<X509Certificate> certificate() {
    return current().keys().current().map(Identity::certificate);
  }

  /** Returns the TLS versions to offer. */
  public String[] protocols() {
    return protocols.toArray(String[]::new);
  }

  /**
   * Returns a factory that may be kept: each socket uses the current certificates and the
   * configured TLS versions, and verifies the server's host name.
   */
  public SSLSocketFactory socketFactory() {
    return new VerifyingSocketFactory(this);
  }

  /**
   * Explains a failed connection, empty if it is not a TLS failure. Assumes that the last server
   * that asked for a client certificate is the one that failed.
   */
  public Optional<TlsFailure> explain(Throwable failure) {
    ClientKeys keys = current().keys();
    return TlsFailure.of(
        failure,
        new TlsFailure.Setting(prefix, String.join(", ", protocols), keys.current(), keys.asked()));
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
          "The certificates have changed on disk, the relay goes on with the last good ones: {}",
          e.getMessage());
      return lastGood;
    }
  }

  private Loaded load() {
    Optional<List<X509Certificate>> authorities =
        truststore.map(
            path ->
                new CertificateFile(prefix + ".truststore", path, truststorePassword)
                    .authorities());
    ClientKeys keys =
        new ClientKeys(
            prefix + ".keystore=" + keystore.orElse(""),
            prefix + ".key-alias",
            keystore
                .map(path -> new UsableKeys(prefix, use, path, keystorePassword, keyAlias))
                .map(usable -> usable.identities(authorities.orElse(List.of())))
                .orElse(List.of()));
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {keys},
          new TrustManager[] {ServerTrust.in(authorities, prefix + ".truststore", truststore)},
          null);
      return new Loaded(context, keys);
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigurationException(
          prefix + ".truststore",
          truststore.orElse(""),
          "this JVM can't use it (" + e.getClass().getSimpleName() + ")",
          "give the CA certificates as a PEM file");
    }
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

  /** Omits the passwords. */
  @Override
  public String toString() {
    return "TlsMaterial[keystore=" + keystore.orElse("") + "]";
  }
}
