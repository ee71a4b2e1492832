package io.ensrelay.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads keystores in Java's own formats, JKS and JCEKS. */
final class JavaKeystore {
  private static final int JKS_MAGIC = 0xFEEDFEED;
  private static final int JCEKS_MAGIC = 0xCECECECE;

  private JavaKeystore() {}

  /** Returns JKS or JCEKS; empty if the content is neither. */
  static Optional<String> type(byte[] content) {
    if (content.length < Integer.BYTES) {
      return Optional.empty();
    }
    return switch (ByteBuffer.wrap(content).getInt()) {
      case JKS_MAGIC -> Optional.of("JKS");
      case JCEKS_MAGIC -> Optional.of("JCEKS");
      default -> Optional.empty();
    };
  }

  /**
   * @throws UnrecoverableKeyException if the password opens the file but not a key in it
   */
  static CertificateContent read(
      String type, byte[] content, Optional<String> password, boolean withKeys)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(type);
    try {
      store.load(new ByteArrayInputStream(content), password.map(String::toCharArray).orElse(null));
    } catch (IOException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw new KeyDecryption.WrongPassword();
      }
      throw e;
    }
    List<X509Certificate> all = new ArrayList<>();
    List<X509Certificate> trusted = new ArrayList<>();
    List<CertificateContent.Key> keys = new ArrayList<>();
    boolean keyed = false;
    for (String alias : Collections.list(store.aliases())) {
      if (store.getCertificate(alias) instanceof X509Certificate certificate
          && store.isCertificateEntry(alias)) {
        trusted.add(certificate);
      } else if (store.isKeyEntry(alias)) {
        keyed = true;
        addChain(store.getCertificateChain(alias), all);
        if (withKeys && key(store, alias, password) instanceof PrivateKey key) {
          keys.add(new CertificateContent.Key(Optional.of(alias), key));
        }
      }
    }
    all.addAll(trusted);
    return new CertificateContent(all, trusted, keys, keyed ? Set.of("PRIVATE KEY") : Set.of());
  }

  private static void addChain(Certificate[] chain, List<X509Certificate> all) {
    if (chain != null) {
      for (Certificate each : chain) {
        if (each instanceof X509Certificate certificate) {
          all.add(certificate);
        }
      }
    }
  }

  private static java.security.Key key(KeyStore store, String alias, Optional<String> password)
      throws GeneralSecurityException {
    try {
      return store.getKey(alias, password.orElse("").toCharArray());
    } catch (UnrecoverableKeyException e) {
      // without a password Java opens the file unverified and fails only at the key
      if (password.isEmpty()) {
        throw new KeyDecryption.WrongPassword();
      }
      throw e;
    }
  }
}
