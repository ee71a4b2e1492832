package io.ensrelay.tls;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.misc.CAST5CBCParameters;
import org.bouncycastle.asn1.misc.MiscObjectIdentifiers;
import org.bouncycastle.asn1.misc.ScryptParams;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RC2CBCParameter;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.crypto.digests.MD5Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.jcajce.io.CipherInputStream;
import org.bouncycastle.jcajce.spec.PBKDF2KeySpec;
import org.bouncycastle.operator.InputDecryptor;
import org.bouncycastle.operator.OperatorCreationException;

/** PBES2 with any {@link OpenSslCipher}; BouncyCastle has the parts but not all combinations. */
final class Pbes2 implements InputDecryptor {
  /** Gives the same HMAC key as an empty password, which the library refuses. */
  private static final String EMPTY_PASSWORD = "\0";

  /** The only HMAC with which the library derives no keys. */
  private static final ASN1ObjectIdentifier HMAC_MD5 =
      new ASN1ObjectIdentifier("1.2.840.113549.2.6");

  private final AlgorithmIdentifier scheme;
  private final Cipher cipher;

  private Pbes2(AlgorithmIdentifier scheme, Cipher cipher) {
    this.scheme = scheme;
    this.cipher = cipher;
  }

  /** Returns empty for another scheme or an unknown cipher. */
  static Optional<InputDecryptor> of(AlgorithmIdentifier scheme, String password)
      throws OperatorCreationException {
    if (!scheme.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)) {
      return Optional.empty();
    }
    PBES2Parameters parts = PBES2Parameters.getInstance(scheme.getParameters());
    AlgorithmIdentifier encryption =
        AlgorithmIdentifier.getInstance(parts.getEncryptionScheme().toASN1Primitive());
    Optional<OpenSslCipher> named = OpenSslCipher.of(encryption.getAlgorithm());
    if (named.isEmpty()) {
      return Optional.empty();
    }
    try {
      int bits = bits(encryption).orElse(named.get().bits());
      String secret = password.isEmpty() ? EMPTY_PASSWORD : password;
      byte[] key = key(parts.getKeyDerivationFunc(), secret, bits);
      return Optional.of(new Pbes2(scheme, named.get().decrypting(key, iv(encryption))));
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new OperatorCreationException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<Integer> bits(AlgorithmIdentifier cipher) {
    if (!cipher.getAlgorithm().equals(PKCSObjectIdentifiers.RC2_CBC)) {
      return Optional.empty();
    }
    // RFC 2268 encodes the length of the key in these numbers
    return switch (RC2CBCParameter.getInstance(cipher.getParameters())
        .getRC2ParameterVersion()
        .intValue()) {
      case 160 -> Optional.of(40);
      case 120 -> Optional.of(64);
      default -> Optional.of(128);
    };
  }

  private static byte[] iv(AlgorithmIdentifier cipher) {
    if (cipher.getAlgorithm().equals(PKCSObjectIdentifiers.RC2_CBC)) {
      return RC2CBCParameter.getInstance(cipher.getParameters()).getIV();
    }
    ASN1Encodable parameters = cipher.getParameters();
    // RFC 2144 puts the length of the key beside the IV, openssl does not
    if (parameters instanceof ASN1Sequence cast5) {
      return CAST5CBCParameters.getInstance(cast5).getIV();
    }
    return parameters instanceof ASN1OctetString iv ? iv.getOctets() : new byte[0];
  }

  private static byte[] key(KeyDerivationFunc function, String password, int bits)
      throws GeneralSecurityException {
    byte[] utf8 = password.getBytes(StandardCharsets.UTF_8);
    if (function.getAlgorithm().equals(MiscObjectIdentifiers.id_scrypt)) {
      ScryptParams scrypt = ScryptParams.getInstance(function.getParameters());
      return SCrypt.generate(
          utf8,
          scrypt.getSalt(),
          scrypt.getCostParameter().intValueExact(),
          scrypt.getBlockSize().intValueExact(),
          scrypt.getParallelizationParameter().intValueExact(),
          bits / Byte.SIZE);
    }
    PBKDF2Params pbkdf2 = PBKDF2Params.getInstance(function.getParameters());
    int rounds = pbkdf2.getIterationCount().intValueExact();
    if (pbkdf2.getPrf().getAlgorithm().equals(HMAC_MD5)) {
      PKCS5S2ParametersGenerator derivation = new PKCS5S2ParametersGenerator(new MD5Digest());
      derivation.init(utf8, pbkdf2.getSalt(), rounds);
      return ((KeyParameter) derivation.generateDerivedParameters(bits)).getKey();
    }
    return SecretKeyFactory.getInstance("PBKDF2", KeyDecryption.Library.PROVIDER)
        .generateSecret(
            new PBKDF2KeySpec(
                password.toCharArray(), pbkdf2.getSalt(), rounds, bits, pbkdf2.getPrf()))
        .getEncoded();
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
