package io.ensrelay.service;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nsri.NSRIObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.DefaultSecretKeySizeProvider;
import org.bouncycastle.operator.InputDecryptorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.SecretKeySizeProvider;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilderProvider;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;

/**
 * Opens encrypted keys and keystores with a password; none given counts as an empty one.
 *
 * <p>A wrong password may only be seen as garbage after the decryption, so whatever is wrong with
 * the clear text is the password's fault. BouncyCastle decrypts, without being registered; the keys
 * are the JVM's.
 */
final class Unlock {
  /** These derive their key from bytes of the password, which openssl takes as UTF-8. */
  private static final Set<ASN1ObjectIdentifier> BY_BYTES =
      Set.of(
          PKCSObjectIdentifiers.pbeWithMD2AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithMD2AndRC2_CBC,
          PKCSObjectIdentifiers.pbeWithMD5AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithMD5AndRC2_CBC,
          PKCSObjectIdentifiers.pbeWithSHA1AndDES_CBC,
          PKCSObjectIdentifiers.pbeWithSHA1AndRC2_CBC);

  private final String password;

  Unlock(Optional<String> password) {
    this.password = password.orElse("");
  }

  /** The password is missing or does not open a key. */
  static final class WrongPassword extends GeneralSecurityException {}

  /** What is in the file is sound, but of a kind that can't be used; the message begins a verb. */
  static final class Unusable extends GeneralSecurityException {
    Unusable(String message) {
      super(message);
    }
  }

  /** Made at the first encrypted file: it takes a while. */
  static final class Library {
    static final Provider PROVIDER = new BouncyCastleProvider();

    private Library() {}
  }

  /** The library has more ciphers than it knows the length of the keys of. */
  private static final class KeySizes implements SecretKeySizeProvider {
    private static final Map<ASN1ObjectIdentifier, Integer> MORE =
        Map.of(
            NSRIObjectIdentifiers.id_aria128_cbc, 128,
            NSRIObjectIdentifiers.id_aria192_cbc, 192,
            NSRIObjectIdentifiers.id_aria256_cbc, 256);

    @Override
    public int getKeySize(AlgorithmIdentifier cipher) {
      return getKeySize(cipher.getAlgorithm());
    }

    @Override
    public int getKeySize(ASN1ObjectIdentifier cipher) {
      int known = DefaultSecretKeySizeProvider.INSTANCE.getKeySize(cipher);
      return known > 0 ? known : MORE.getOrDefault(cipher, -1);
    }
  }

  /** What is decrypted, and what is made of the clear text. */
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
      info = encrypted.decryptKeyPair(new OpenSslCipher(bytes())).getPrivateKeyInfo();
    } catch (IOException | RuntimeException e) {
      requireSupported(e);
      throw new WrongPassword();
    }
    return key(info);
  }

  static PrivateKey key(PrivateKeyInfo info) throws Unusable {
    try {
      return new JcaPEMKeyConverter().getPrivateKey(info);
    } catch (IOException | RuntimeException e) {
      ASN1ObjectIdentifier algorithm = info.getPrivateKeyAlgorithm().getAlgorithm();
      if (algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
        Object curve = info.getPrivateKeyAlgorithm().getParameters();
        throw new Unusable(
            curve instanceof ASN1ObjectIdentifier
                ? "holds an EC key on a curve that Java does not know (" + curve + ")"
                : "holds an EC key whose curve is written out instead of named");
      }
      throw new Unusable("holds a private key of a kind that Java can't use (" + algorithm + ")");
    }
  }

  <T> T open(Opening<T> opening) throws WrongPassword, Unusable {
    try {
      return opening.with(decryptor(false));
    } catch (PKCSException | IOException | RuntimeException e) {
      requireSupported(e);
    }
    try {
      // some write an empty password into PKCS#12 as two zeros
      return opening.with(decryptor(password.isEmpty()));
    } catch (PKCSException | IOException | RuntimeException e) {
      throw new WrongPassword();
    }
  }

  /** Whether it is the password of the whole file; true when there is no telling. */
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
      char[] characters = characters(scheme.getAlgorithm());
      return Rc2.isOf(scheme)
          ? new Rc2(scheme, characters)
          : new JcePKCSPBEInputDecryptorProviderBuilder()
              .setProvider(Library.PROVIDER)
              .setKeySizeProvider(new KeySizes())
              .setTryWrongPKCS12Zero(zeros)
              .build(characters)
              .get(scheme);
    };
  }

  private char[] characters(ASN1ObjectIdentifier scheme) {
    if (password.isEmpty() && scheme.equals(PKCSObjectIdentifiers.id_PBES2)) {
      // the library refuses an empty one; to an HMAC, a zero byte is the same key
      return new char[1];
    }
    return BY_BYTES.contains(scheme) ? bytes() : password();
  }

  /** A character for each byte of the password in UTF-8. */
  private char[] bytes() {
    byte[] utf8 = password.getBytes(StandardCharsets.UTF_8);
    return new String(utf8, StandardCharsets.ISO_8859_1).toCharArray();
  }

  /** What fails before anything is decrypted is not the password's fault. */
  private static void requireSupported(Throwable failure) throws Unusable {
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof OperatorCreationException || t instanceof SecurityException) {
        throw unsupported(t.getMessage());
      }
    }
  }

  private static Unusable unsupported(String what) {
    return new Unusable("is encrypted in a way that can't be read here (" + what + ")");
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "Unlock";
  }
}
