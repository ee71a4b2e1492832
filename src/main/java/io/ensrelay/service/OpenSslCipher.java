package io.ensrelay.service;

import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.PBEParametersGenerator;
import org.bouncycastle.crypto.generators.OpenSSLPBEParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.openssl.PEMDecryptor;
import org.bouncycastle.openssl.PEMDecryptorProvider;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.bc.BcPEMDecryptorProvider;
import org.bouncycastle.operator.OperatorCreationException;

/**
 * The ciphers that a {@code DEK-Info} line of a PEM file can name: those that BouncyCastle's PEM
 * reader knows, and those only its ciphers know, such as Camellia and ARIA.
 */
final class OpenSslCipher implements PEMDecryptorProvider {
  private static final Pattern READ_ALREADY = Pattern.compile("(DES|AES|BF|RC2)-.*");
  private static final Pattern NAME =
      Pattern.compile("([A-Z0-9]+?)(?:-(128|192|256))?-([A-Z0-9]+)");
  private static final int SALT_BYTES = 8;

  private final char[] password;

  /**
   * @param password a character for each byte
   */
  OpenSslCipher(char[] password) {
    this.password = password.clone();
  }

  @Override
  public PEMDecryptor get(String name) throws OperatorCreationException {
    String upper = name.toUpperCase(Locale.ROOT);
    if (READ_ALREADY.matcher(upper).matches()) {
      return new BcPEMDecryptorProvider(password).get(name);
    }
    Matcher parts = NAME.matcher(upper);
    if (!parts.matches()) {
      throw new OperatorCreationException(name);
    }
    int bits = parts.group(2) == null ? 128 : Integer.parseInt(parts.group(2));
    try {
      Cipher cipher =
          Cipher.getInstance(
              parts.group(1) + "/" + parts.group(3) + "/PKCS5Padding", Unlock.Library.PROVIDER);
      return (content, iv) -> decrypt(cipher, bits, content, iv);
    } catch (NoSuchAlgorithmException | javax.crypto.NoSuchPaddingException e) {
      throw new OperatorCreationException(name, e);
    }
  }

  private byte[] decrypt(Cipher cipher, int bits, byte[] content, byte[] iv) throws PEMException {
    byte[] salt = java.util.Arrays.copyOf(iv, SALT_BYTES);
    OpenSSLPBEParametersGenerator derivation = new OpenSSLPBEParametersGenerator();
    derivation.init(PBEParametersGenerator.PKCS5PasswordToBytes(password), salt);
    byte[] key = ((KeyParameter) derivation.generateDerivedParameters(bits)).getKey();
    try {
      cipher.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(key, cipher.getAlgorithm()),
          new IvParameterSpec(iv));
      return cipher.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new PEMException("not decrypted", e);
    }
  }
}
