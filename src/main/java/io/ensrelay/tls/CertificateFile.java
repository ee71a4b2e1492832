package io.ensrelay.tls;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The certificate file that a setting names: PKCS#12, JKS, PEM, DER or PKCS#7. The content decides
 * the format.
 *
 * <p>Every problem is a {@link ConfigurationException} that names the key and says what to do.
 *
 * @param key the key of the path; the key of the password is the same with {@code -password}
 */
record CertificateFile(String key, String path, Optional<String> password) {
  private static final int DER_SEQUENCE = 0x30;
  private static final int LARGEST = 10 << 20;
  private static final String FORMATS = "(PKCS#12, JKS or PEM)";

  /** Returns the private keys with their certificates, at least one. */
  List<Identity> identities(KeyUse use, List<X509Certificate> more) {
    String wanted = "the path of the " + use.noun + " " + FORMATS;
    byte[] bytes = bytes(wanted);
    CertificateContent content = content(bytes, true);
    List<Identity> identities = content.identities(more);
    if (!identities.isEmpty()) {
      return identities;
    }
    if (!content.keys().isEmpty()) {
      throw problem(
          "has no certificate for its private key"
              + (content.certificates().isEmpty() ? "" : ", its certificates are for another key"),
          "put both into one file, in any order, with the certificates of the intermediate CAs");
    }
    throw problem(
        content.certificates().isEmpty()
            ? FileTypeHint.of(content.others())
            : "has no private key in it",
        "give a file with the " + use.noun + " and its private key " + FORMATS);
  }

  /** Returns the certificates of the CAs to trust, at least one. */
  List<X509Certificate> authorities() {
    byte[] bytes = bytes("the path of the CA certificates " + FORMATS);
    CertificateContent content = content(bytes, false);
    if (!content.trusted().isEmpty()) {
      return content.trusted();
    }
    String remedy = "give the CA certificates, best as a PEM file";
    if (!content.certificates().isEmpty()) {
      throw problem(
          "has no CA certificate in it, only a private key with its own certificates", remedy);
    }
    throw problem(
        "has no CA certificate in it"
            + (content.others().isEmpty() ? "" : ", it " + FileTypeHint.of(content.others())),
        remedy);
  }

  private byte[] bytes(String wanted) {
    try {
      Path file = Path.of(path);
      if (Files.notExists(file)) {
        throw problem("no such file", "give " + wanted);
      }
      if (!Files.isRegularFile(file)) {
        throw problem(
            Files.isDirectory(file) ? "is a directory" : "is not a regular file", "give " + wanted);
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length == 0) {
          throw problem("is empty", "give " + wanted);
        }
        if (bytes.length > LARGEST) {
          throw problem("is larger than 10 MB, too large for certificates", "give " + wanted);
        }
        return bytes;
      }
    } catch (IOException e) {
      throw problem("can't be read", "let the user the relay runs as read it");
    } catch (InvalidPathException e) {
      throw problem("is not a path", "give " + wanted);
    }
  }

  private CertificateContent content(byte[] bytes, boolean withKeys) {
    Optional<String> text = PemText.of(bytes);
    Optional<String> java = JavaKeystore.type(bytes);
    List<byte[]> parts = DerStructure.parts(bytes);
    Optional<String> der = parts.stream().findFirst().flatMap(DerStructure::kind);
    KeyDecryption unlock = new KeyDecryption(password);
    try {
      if (text.isPresent()) {
        return PemText.parse(text.get(), unlock, withKeys);
      }
      if (java.isPresent()) {
        return JavaKeystore.read(java.get(), bytes, password, withKeys);
      }
      if (der.filter(DerStructure.PKCS12::equals).isPresent()) {
        return Pkcs12.read(parts.get(0), unlock, withKeys);
      }
      if (der.filter(kind -> !kind.equals(DerStructure.BCFKS)).isPresent()) {
        return PemText.parse(der.get(), parts, unlock, withKeys);
      }
    } catch (KeyDecryption.WrongPassword e) {
      throw wrongPassword();
    } catch (KeyDecryption.Unusable e) {
      throw problem(e.getMessage(), e.remedy());
    } catch (UnrecoverableKeyException e) {
      throw new ConfigurationException(
          passwordKey(),
          "opens " + path + " but not the key in it",
          "give the file and the key in it the same password");
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw problem(
          "is a damaged " + (text.isPresent() ? "PEM file" : "keystore"), "export it again");
    }
    if (der.isEmpty() && bytes[0] == DER_SEQUENCE) {
      throw problem("is a damaged keystore", "export it again");
    }
    throw problem(FileTypeHint.of(bytes, der), "give a PKCS#12, JKS or PEM file");
  }

  private ConfigurationException wrongPassword() {
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

  /** Omits the password. */
  @Override
  public String toString() {
    return "CertificateFile[" + key + "=" + path + "]";
  }
}
