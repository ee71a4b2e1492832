package io.ensrelay.service;

import java.io.IOException;
import java.io.StringReader;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.X509TrustedCertificateBlock;
import org.bouncycastle.openssl.bc.BcPEMDecryptorProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * What a PEM file holds: certificates and private keys (PKCS#8, PKCS#1, EC) in any order.
 *
 * <p>BouncyCastle only reads; keys and ciphers are the JVM's, so no provider has to be registered.
 */
record PemText(List<X509Certificate> certificates, List<PrivateKey> keys) {
  PemText {
    certificates = List.copyOf(certificates);
    keys = List.copyOf(keys);
  }

  /** The password is missing or does not open a key in the text. */
  static final class WrongPassword extends GeneralSecurityException {}

  static PemText parse(String text, Optional<String> password)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    List<PrivateKey> keys = new ArrayList<>();
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
        if (part instanceof X509CertificateHolder certificate) {
          certificates.add(new JcaX509CertificateConverter().getCertificate(certificate));
        } else if (part instanceof X509TrustedCertificateBlock trusted) {
          certificates.add(
              new JcaX509CertificateConverter().getCertificate(trusted.getCertificateHolder()));
        } else {
          key(part, password).ifPresent(keys::add);
        }
      }
    }
    return new PemText(certificates, keys);
  }

  /** Each key with its certificate, found by trying, because the order in the text says nothing. */
  List<Identity> identities() {
    List<Identity> identities = new ArrayList<>();
    for (PrivateKey key : keys) {
      for (X509Certificate certificate : certificates) {
        if (belongTogether(key, certificate.getPublicKey())) {
          identities.add(new Identity(key, chain(certificate)));
        }
      }
    }
    return identities;
  }

  private List<X509Certificate> chain(X509Certificate certificate) {
    List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
    Optional<X509Certificate> issuer = issuer(certificate, chain);
    while (issuer.isPresent()) {
      chain.add(issuer.get());
      issuer = issuer(issuer.get(), chain);
    }
    return chain;
  }

  private Optional<X509Certificate> issuer(X509Certificate of, List<X509Certificate> known) {
    return certificates.stream()
        .filter(other -> !known.contains(other))
        .filter(other -> other.getSubjectX500Principal().equals(of.getIssuerX500Principal()))
        .findFirst();
  }

  private static Optional<PrivateKey> key(Object part, Optional<String> password)
      throws IOException, GeneralSecurityException {
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
    if (part instanceof PrivateKeyInfo info) {
      return Optional.of(converter.getPrivateKey(info));
    }
    if (part instanceof PEMKeyPair pair) {
      return Optional.of(converter.getPrivateKey(pair.getPrivateKeyInfo()));
    }
    if (part instanceof PEMEncryptedKeyPair encrypted) {
      PEMKeyPair pair = decrypt(encrypted, password.orElseThrow(WrongPassword::new));
      return Optional.of(converter.getPrivateKey(pair.getPrivateKeyInfo()));
    }
    if (part instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
      byte[] clear = decrypt(encrypted, password.orElseThrow(WrongPassword::new));
      return Optional.of(converter.getPrivateKey(PrivateKeyInfo.getInstance(clear)));
    }
    return Optional.empty();
  }

  private static PEMKeyPair decrypt(PEMEncryptedKeyPair encrypted, String password)
      throws WrongPassword {
    try {
      return encrypted.decryptKeyPair(new BcPEMDecryptorProvider(password.toCharArray()));
    } catch (IOException e) {
      throw new WrongPassword();
    }
  }

  private static byte[] decrypt(PKCS8EncryptedPrivateKeyInfo encrypted, String password)
      throws IOException, GeneralSecurityException {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted.getEncoded());
    AlgorithmParameters parameters = info.getAlgParameters();
    // for PBES2 only the parameters know the name of the whole scheme
    String scheme = info.getAlgName().startsWith("PBES2") ? "" + parameters : info.getAlgName();
    Cipher cipher = Cipher.getInstance(scheme);
    cipher.init(
        Cipher.DECRYPT_MODE,
        SecretKeyFactory.getInstance(scheme).generateSecret(new PBEKeySpec(password.toCharArray())),
        parameters);
    try {
      return cipher.doFinal(info.getEncryptedData());
    } catch (GeneralSecurityException e) {
      throw new WrongPassword();
    }
  }

  private static boolean belongTogether(PrivateKey key, PublicKey certified) {
    try {
      String algorithm =
          switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
          };
      byte[] probe = {1, 2, 3};
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(probe);
      byte[] signed = signer.sign();
      Signature verifier = Signature.getInstance(algorithm);
      verifier.initVerify(certified);
      verifier.update(probe);
      return verifier.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "PemText[" + certificates.size() + " certificates, " + keys.size() + " keys]";
  }
}
