package io.ensrelay.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.operator.InputDecryptor;
import org.bouncycastle.operator.InputDecryptorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilderProvider;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;

/**
 * Opens encrypted keys and keystores with a password; no password counts as an empty one.
 *
 * <p>A wrong password may show only as garbage after decryption, so any error in the decrypted data
 * is reported as a wrong password. BouncyCastle decrypts without being registered as a provider;
 * the JVM makes the keys.
 */
final class KeyDecryption {
  /** Schemes that derive their key from the password's bytes, which openssl encodes as UTF-8. */
  private static final Set<ASN1ObjectIdentifier> BY_BYTES =
      Set.of(
          PKCSObjectIdentifiers.pbeWithMD2AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithMD2AndRC2_CBC,
          PKCSObjectIdentifiers.pbeWithMD5AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithMD5AndRC2_CBC,
          PKCSObjectIdentifiers.pbeWithSHA1AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithSHA1AndRC2_CBC);

  private final String password;

  KeyDecryption(Optional<String> password) {
    this.password = password.orElse("");
  }

  /** The password is missing or does not open a key. */
  static final class WrongPassword extends GeneralSecurityException {}

  /** The content is intact but of an unsupported kind; the message begins with a verb. */
  static final class Unusable extends GeneralSecurityException {
    private final String remedy;

    Unusable(String message, String remedy) {
      super(message);
      this.remedy = remedy;
    }

    String remedy() {
      return remedy;
    }
  }

  /** Created at the first encrypted file, because that takes a while. */
  static final class Library {
    static final Provider PROVIDER = new BouncyCastleProvider();

    private Library() {}
  }

  /** Decrypts something and converts the decrypted data. */
  interface Opening<T> {
    T with(InputDecryptorProvider decryptor) throws PKCSException, IOException;
  }

  char[] password() {
    return password.toCharArray();
  }

  PrivateKey key(PKCS8EncryptedPrivateKeyInfo encrypted) throws GeneralSecurityException {
    return key(open(encrypted::decryptPrivateKeyInfo));
  }

  PrivateKey key(PEMEncryptedKeyPair encrypted) throws GeneralSecurityException {
    PrivateKeyInfo info;
    try {
      info = encrypted.decryptKeyPair(OpenSslCipher.pem(bytes())).getPrivateKeyInfo();
    } catch (IOException | RuntimeException e) {
      requireSupported(e);
      throw new WrongPassword();
    }
    return key(info);
  }

  /**
   * @throws Unusable if Java can't sign with it
   */
  static PrivateKey key(PrivateKeyInfo info) throws Unusable {
    try {
      PrivateKey key = new JcaPEMKeyConverter().getPrivateKey(info);
      CertificateContent.sign(key);
      return key;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw unusable(info);
    }
  }

  private static Unusable unusable(PrivateKeyInfo info) {
    ASN1ObjectIdentifier algorithm = info.getPrivateKeyAlgorithm().getAlgorithm();
    String kind = "holds a private key of a kind that Java can't use (" + algorithm + ")";
    if (algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
      Object curve = info.getPrivateKeyAlgorithm().getParameters();
      kind =
          curve instanceof ASN1ObjectIdentifier
              ? "holds an EC key on a curve that Java does not know (" + curve + ")"
              : "holds an EC key whose curve is written out instead of named";
    }
    return new Unusable(
        kind,
        "get a certificate for a key of RSA, or EC on one of the named curves P-256, P-384 and"
            + " P-521");
  }

  <T> T open(Opening<T> opening) throws WrongPassword, Unusable {
    try {
      return opening.with(decryptor(false));
    } catch (PKCSException | IOException | RuntimeException e) {
      requireSupported(e);
    }
    try {
      // some programs write an empty password into PKCS#12 as two zero bytes
      return opening.with(decryptor(password.isEmpty()));
    } catch (PKCSException | IOException | RuntimeException e) {
      throw new WrongPassword();
    }
  }

  /** Whether this is the password of the whole file; true if the file can't be verified. */
  boolean opens(PKCS12PfxPdu file) {
    if (password.isEmpty() || !file.hasMac()) {
      return true;
    }
    try {
      return file.isMacValid(
          new JcePKCS12MacCalculatorBuilderProvider().setProvider(Library.PROVIDER), password());
    } catch (PKCSException | RuntimeException e) {
      return true;
    }
  }

  private InputDecryptorProvider decryptor(boolean zeros) {
    return scheme -> {
      Optional<InputDecryptor> pbes2 = Pbes2.of(scheme, password);
      if (pbes2.isPresent()) {
        return pbes2.get();
      }
      InputDecryptorProvider library =
          BY_BYTES.contains(scheme.getAlgorithm())
              ? new JceOpenSSLPKCS8DecryptorProviderBuilder()
                  .setProvider(Library.PROVIDER)
                  .build(bytes())
              : new JcePKCSPBEInputDecryptorProviderBuilder()
                  .setProvider(Library.PROVIDER)
                  .setTryWrongPKCS12Zero(zeros)
                  .build(password());
      return library.get(scheme);
    };
  }

  /** Returns one character for each byte of the password in UTF-8. */
  private char[] bytes() {
    byte[] utf8 = password.getBytes(StandardCharsets.UTF_8);
    return new String(utf8, StandardCharsets.ISO_8859_1).toCharArray();
  }

  /** An error before the decryption is not the password's fault. */
  private static void requireSupported(Throwable failure) throws Unusable {
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof OperatorCreationException || t instanceof SecurityException) {
        throw unsupported(t.getMessage());
      }
    }
  }

  private static Unusable unsupported(String what) {
    return new Unusable(
        "is encrypted in a way that can't be read here (" + what + ")", "encrypt it with AES");
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "Unlock";
  }
}
