package io.ensrelay.tls;

import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.RC2ParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.crypto.PBEParametersGenerator;
import org.bouncycastle.crypto.generators.OpenSSLPBEParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.openssl.PEMDecryptorProvider;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.operator.OperatorCreationException;

/**
 * A cipher with its openssl name, such as {@code AES-256-CBC}. The {@code DEK-Info} line of a PEM
 * file identifies it by name, PKCS#8 and PKCS#12 by object identifier. BouncyCastle implements all
 * of these ciphers, but its readers recognize few of them.
 *
 * @param bits length of the key, if the file does not contain it
 */
record OpenSslCipher(String algorithm, String transformation, int bits) {
  private static final Pattern NAME =
      Pattern.compile(
          "(AES|ARIA|CAMELLIA|BF|CAST5|SEED|SM4|IDEA|DES|DES-EDE3?|RC2)"
              + "(?:-(40|64|128|192|256))?-(CBC|CFB8?|OFB|ECB|CTR)");
  private static final Map<String, String> JAVA_NAMES =
      Map.of("BF", "Blowfish", "DES-EDE", "DESede", "DES-EDE3", "DESede");
  private static final Map<String, Integer> BITS =
      Map.of("DES", 64, "DES-EDE", 128, "DES-EDE3", 192);
  private static final String RC4 = "RC4";
  private static final int USUAL_BITS = 128;
  private static final int SALT_BYTES = 8;
  private static final Map<String, String> NUMBERS = numbers();

  private static Map<String, String> numbers() {
    Map<String, String> names = new HashMap<>();
    int size = 0;
    for (String bits : new String[] {"-128", "-192", "-256"}) {
      number(names, "AES" + bits, "2.16.840.1.101.3.4.1", 1 + 20 * size, "ECB CBC OFB CFB");
      number(names, "ARIA" + bits, "1.2.410.200046.1.1", 1 + 5 * size, "ECB CBC CFB OFB CTR");
      number(names, "CAMELLIA" + bits, "1.2.392.200011.61.1.1.1", 2 + size, "CBC");
      number(names, "CAMELLIA" + bits, "0.3.4401.5.3.1.9", 1 + 20 * size, "ECB");
      number(names, "CAMELLIA" + bits, "0.3.4401.5.3.1.9", 3 + 20 * size, "OFB CFB");
      number(names, "CAMELLIA" + bits, "0.3.4401.5.3.1.9", 9 + 20 * size, "CTR");
      size++;
    }
    number(names, "SEED", "1.2.410.200004.1", 3, "ECB CBC CFB OFB");
    number(names, "SM4", "1.2.156.10197.1.104", 1, "ECB CBC OFB CFB");
    number(names, "DES", "1.3.14.3.2", 6, "ECB CBC OFB CFB");
    number(names, "DES-EDE", "1.3.14.3.2", 17, "ECB");
    number(names, "DES-EDE3", "1.2.840.113549.3", 7, "CBC");
    number(names, "RC2", "1.2.840.113549.3", 2, "CBC");
    number(names, "BF", "1.3.6.1.4.1.3029.1", 2, "CBC");
    number(names, "CAST5", "1.2.840.113533.7.66", 10, "CBC");
    number(names, "IDEA", "1.3.6.1.4.1.188.7.1.1", 2, "CBC");
    names.put(PKCSObjectIdentifiers.rc4.getId(), RC4);
    return names;
  }

  /** The modes have consecutive numbers. */
  private static void number(
      Map<String, String> names, String cipher, String arc, int first, String modes) {
    int number = first;
    for (String mode : modes.split(" ")) {
      names.put(arc + "." + number++, cipher + "-" + mode);
    }
  }

  static Optional<OpenSslCipher> of(ASN1ObjectIdentifier number) {
    return Optional.ofNullable(NUMBERS.get(number.getId())).flatMap(OpenSslCipher::of);
  }

  static Optional<OpenSslCipher> of(String name) {
    Matcher parts = NAME.matcher(name.toUpperCase(Locale.ROOT));
    if (name.equals(RC4)) {
      return Optional.of(new OpenSslCipher(RC4, RC4, USUAL_BITS));
    }
    if (!parts.matches()) {
      return Optional.empty();
    }
    String cipher = parts.group(1);
    String mode = parts.group(3);
    String algorithm = JAVA_NAMES.getOrDefault(cipher, cipher);
    boolean padded = mode.equals("CBC") || mode.equals("ECB");
    return Optional.of(
        new OpenSslCipher(
            algorithm,
            algorithm + "/" + mode + (padded ? "/PKCS5Padding" : "/NoPadding"),
            parts.group(2) == null
                ? BITS.getOrDefault(cipher, USUAL_BITS)
                : Integer.parseInt(parts.group(2))));
  }

  /**
   * @param iv empty for a mode that needs none
   */
  Cipher decrypting(byte[] key, byte[] iv) throws GeneralSecurityException {
    AlgorithmParameterSpec start = iv.length == 0 ? null : new IvParameterSpec(iv);
    Cipher cipher = Cipher.getInstance(transformation, KeyDecryption.Library.PROVIDER);
    cipher.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(key, algorithm),
        algorithm.equals("RC2") ? new RC2ParameterSpec(key.length * Byte.SIZE, iv) : start);
    return cipher;
  }

  /**
   * Decrypts keys with a {@code DEK-Info} line.
   *
   * @param password one character for each byte
   */
  static PEMDecryptorProvider pem(char[] password) {
    return name -> {
      OpenSslCipher cipher = of(name).orElseThrow(() -> new OperatorCreationException(name));
      return (content, iv) -> {
        OpenSSLPBEParametersGenerator derivation = new OpenSSLPBEParametersGenerator();
        derivation.init(
            PBEParametersGenerator.PKCS5PasswordToBytes(password), Arrays.copyOf(iv, SALT_BYTES));
        KeyParameter key = (KeyParameter) derivation.generateDerivedParameters(cipher.bits());
        try {
          return cipher.decrypting(key.getKey(), iv).doFinal(content);
        } catch (GeneralSecurityException e) {
          throw new PEMException("not decrypted", e);
        }
      };
    };
  }
}
