package io.ensrelay.simulator;

import io.ensrelay.base.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Objects;

/**
 * A private key, its certificate and the certificates up to the authority's, in that order. Only
 * the owner can read the files it writes, if the file system has owners; it replaces an existing
 * file in one step.
 *
 * @param key the private key of the first certificate
 * @param chain the certificate and its issuers
 */
public record IssuedCertificate(PrivateKey key, List<X509Certificate> chain) {
  private static final String ALIAS = "ens";

  public IssuedCertificate {
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("chain: must hold a certificate");
    }
  }

  /** Returns the certificate of the key. */
  public X509Certificate certificate() {
    return chain.get(0);
  }

  /** Whether each certificate of the chain is valid at this time. */
  boolean isValidAt(Instant time) {
    Date date = Date.from(time);
    return chain.stream()
        .noneMatch(each -> date.before(each.getNotBefore()) || date.after(each.getNotAfter()));
  }

  /** Writes key and chain as a PKCS#12 keystore; store and key have the same password. */
  public void writePkcs12(Path file, String password) throws IOException {
    try {
      KeyStore store = emptyPkcs12();
      store.setKeyEntry(
          ALIAS, key, password.toCharArray(), chain.toArray(new Certificate[chain.size()]));
      write(store, file, password);
    } catch (GeneralSecurityException e) {
      throw new IOException("%s: could not be written: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Writes key and chain as one PEM file: the key as PKCS#8, encrypted unless the password is
   * empty, then the certificates.
   */
  public void writePem(Path file, String password) throws IOException {
    StringBuilder text = new StringBuilder(Pem.of(key, password));
    chain.forEach(certificate -> text.append(Pem.of(certificate)));
    AtomicFile.replace(file, text.toString().getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads a file written by {@link #writePkcs12}. */
  static IssuedCertificate readPkcs12(Path file, String password) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password.toCharArray());
      if (!(store.getKey(ALIAS, password.toCharArray()) instanceof PrivateKey key)) {
        throw new IOException("%s: holds no key named %s".formatted(file, ALIAS));
      }
      List<X509Certificate> chain =
          Arrays.stream(store.getCertificateChain(ALIAS)).map(X509Certificate.class::cast).toList();
      return new IssuedCertificate(key, chain);
    } catch (GeneralSecurityException e) {
      throw new IOException("%s: could not be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  static KeyStore emptyPkcs12() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  static void write(KeyStore store, Path file, String password)
      throws GeneralSecurityException, IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    store.store(bytes, password.toCharArray());
    AtomicFile.replace(file, bytes.toByteArray());
  }
}
