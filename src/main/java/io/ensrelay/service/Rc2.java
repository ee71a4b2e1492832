package io.ensrelay.service;

import java.io.InputStream;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.RC2ParameterSpec;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RC2CBCParameter;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jcajce.io.CipherInputStream;
import org.bouncycastle.jcajce.spec.PBKDF2KeySpec;
import org.bouncycastle.operator.InputDecryptor;
import org.bouncycastle.operator.OperatorCreationException;

/** RC2 in PBES2, of which BouncyCastle has the parts but not the whole. */
final class Rc2 implements InputDecryptor {
  private final AlgorithmIdentifier scheme;
  private final Cipher cipher;

  Rc2(AlgorithmIdentifier scheme, char[] password) throws OperatorCreationException {
    this.scheme = scheme;
    PBES2Parameters parts = PBES2Parameters.getInstance(scheme.getParameters());
    RC2CBCParameter rc2 = RC2CBCParameter.getInstance(parts.getEncryptionScheme().getParameters());
    int bits = bits(rc2.getRC2ParameterVersion().intValue());
    try {
      PBKDF2Params derivation =
          PBKDF2Params.getInstance(parts.getKeyDerivationFunc().getParameters());
      SecretKey key =
          SecretKeyFactory.getInstance("PBKDF2", Unlock.Library.PROVIDER)
              .generateSecret(
                  new PBKDF2KeySpec(
                      password,
                      derivation.getSalt(),
                      derivation.getIterationCount().intValueExact(),
                      bits,
                      derivation.getPrf()));
      cipher = Cipher.getInstance("RC2/CBC/PKCS5Padding", Unlock.Library.PROVIDER);
      cipher.init(Cipher.DECRYPT_MODE, key, new RC2ParameterSpec(bits, rc2.getIV()));
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new OperatorCreationException("RC2: " + e.getMessage(), e);
    }
  }

  static boolean isOf(AlgorithmIdentifier scheme) {
    return scheme.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)
        && PBES2Parameters.getInstance(scheme.getParameters())
            .getEncryptionScheme()
            .getAlgorithm()
            .equals(PKCSObjectIdentifiers.RC2_CBC);
  }

  /** RFC 2268 says the length of the key by these numbers. */
  private static int bits(int version) {
    return switch (version) {
      case 160 -> 40;
      case 120 -> 64;
      default -> 128;
    };
  }

  @Override
  public AlgorithmIdentifier getAlgorithmIdentifier() {
    return scheme;
  }

  @Override
  public InputStream getInputStream(InputStream encrypted) {
    return new CipherInputStream(encrypted, cipher);
  }
}
