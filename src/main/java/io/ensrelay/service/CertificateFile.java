package io.ensrelay.service;

import io.ensrelay.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A file with certificates that a setting points to: PKCS#12, JKS or PEM, told apart by content.
 *
 * <p>Every problem is a {@link ConfigurationException} that names the key and says what to do.
 *
 * @param key the key of the path; that of the password is the same with {@code -password}
 */
record CertificateFile(String key, String path, Optional<String> password) {
  private static final int JKS_MAGIC = 0xFEEDFEED;
  private static final int DER_SEQUENCE = 0x30;
  private static final String FORMATS = "(PKCS#12, JKS or PEM)";

  /** The client certificate with its key; of several, the one that is valid for longest. */
  Identity identity() {
    byte[] content = content("the path of the client certificate " + FORMATS);
    List<Identity> identities = isPem(content) ? pairs(pem(content)) : entries(content);
    Identity identity =
        identities.stream()
            .max(Comparator.comparing(Identity::expires))
            .orElseThrow(
                () ->
                    problem(
                        "has no private key in it",
                        "give a file with the client certificate and its private key " + FORMATS));
    requireValidNow(identity);
    return identity;
  }

  /** The certificates of the CAs to trust. */
  List<X509Certificate> authorities() {
    byte[] content = content("the path of the CA certificates " + FORMATS);
    List<X509Certificate> found = isPem(content) ? pem(content).certificates() : trusted(content);
    if (found.isEmpty()) {
      throw problem("has no CA certificate in it", "give the CA certificates, best as a PEM file");
    }
    return found;
  }

  private byte[] content(String wanted) {
    try {
      Path file = Path.of(path);
      if (Files.notExists(file)) {
        throw problem("no such file", "give " + wanted);
      }
      if (Files.isDirectory(file)) {
        throw problem("is a directory", "give " + wanted);
      }
      byte[] content = Files.readAllBytes(file);
      if (content.length == 0) {
        throw problem("is empty", "give " + wanted);
      }
      return content;
    } catch (IOException e) {
      throw problem("can't be read", "let the user the relay runs as read it");
    } catch (InvalidPathException e) {
      throw problem("is not a path", "give " + wanted);
    }
  }

  private static boolean isPem(byte[] content) {
    return new String(content, StandardCharsets.ISO_8859_1).contains("-----BEGIN ");
  }

  private PemText pem(byte[] content) {
    try {
      return PemText.parse(new String(content, StandardCharsets.ISO_8859_1), password);
    } catch (PemText.WrongPassword e) {
      throw wrongPassword();
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw problem("is a damaged PEM file", "export it again");
    }
  }

  private List<Identity> pairs(PemText pem) {
    List<Identity> identities = pem.identities();
    if (identities.isEmpty() && !pem.keys().isEmpty()) {
      throw problem(
          "has no certificate for its private key",
          "put both into one file, in any order, with the certificates of the CAs in between");
    }
    return identities;
  }

  private List<Identity> entries(byte[] content) {
    try {
      KeyStore store = keyStore(content, password.orElse("").toCharArray());
      List<Identity> identities = new ArrayList<>();
      for (String alias : Collections.list(store.aliases())) {
        Certificate[] chain = store.getCertificateChain(alias);
        if (store.isKeyEntry(alias) && chain != null) {
          PrivateKey key = (PrivateKey) store.getKey(alias, password.orElse("").toCharArray());
          identities.add(
              new Identity(key, Arrays.stream(chain).map(X509Certificate.class::cast).toList()));
        }
      }
      return identities;
    } catch (UnrecoverableKeyException e) {
      throw new ConfigurationException(
          passwordKey(),
          "opens " + path + " but not the key in it",
          "give the file and the key in it the same password, of ASCII letters");
    } catch (GeneralSecurityException | ClassCastException e) {
      throw problem("holds something that can't be used", "export it again with an RSA or EC key");
    }
  }

  private List<X509Certificate> trusted(byte[] content) {
    try {
      KeyStore store = keyStore(content, password.map(String::toCharArray).orElse(null));
      List<X509Certificate> certificates = new ArrayList<>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isCertificateEntry(alias)) {
          certificates.add((X509Certificate) store.getCertificate(alias));
        }
      }
      return certificates;
    } catch (GeneralSecurityException | ClassCastException e) {
      throw problem("holds something that can't be used", "export it again");
    }
  }

  private KeyStore keyStore(byte[] content, char[] pass) throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(type(content));
    try {
      store.load(new ByteArrayInputStream(content), pass);
      return store;
    } catch (IOException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw wrongPassword();
      }
      throw problem("is a damaged keystore", "export it again");
    }
  }

  private String type(byte[] content) {
    if (content.length > 4 && ByteBuffer.wrap(content).getInt() == JKS_MAGIC) {
      return "JKS";
    }
    if (content[0] == DER_SEQUENCE) {
      return "PKCS12";
    }
    throw problem("is not a keystore", "give a PKCS#12, JKS or PEM file");
  }

  private void requireValidNow(Identity identity) {
    X509Certificate certificate = identity.certificate();
    Instant now = Instant.now();
    Instant from = certificate.getNotBefore().toInstant();
    if (now.isAfter(identity.expires())) {
      throw problem("expired at " + identity.expires(), "renew the client certificate");
    }
    if (now.isBefore(from)) {
      throw problem("is not valid before " + from, "wait, or correct the clock of this machine");
    }
  }

  private ConfigurationException wrongPassword() {
    if (password.filter(text -> text.chars().anyMatch(c -> c > 0x7e)).isPresent()) {
      return new ConfigurationException(
          passwordKey(),
          "does not open " + path + ", and Java opens only with ASCII letters",
          "give the file another password");
    }
    return password.isPresent()
        ? new ConfigurationException(
            passwordKey(), "is not the password of " + path, "give the right one")
        : new ConfigurationException(
            passwordKey(), "missing, but " + path + " is protected by a password", "set it");
  }

  private String passwordKey() {
    return key + "-password";
  }

  private ConfigurationException problem(String wrong, String remedy) {
    return new ConfigurationException(key, path, wrong, remedy);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "CertificateFile[" + key + "=" + path + "]";
  }
}
