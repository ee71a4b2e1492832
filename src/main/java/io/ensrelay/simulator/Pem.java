package io.ensrelay.simulator;

import java.io.IOException;
import java.io.StringWriter;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputEncryptor;

/** Keys and certificates as PEM text. */
final class Pem {
  private Pem() {}

  static String of(X509Certificate certificate) {
    return text(certificate);
  }

  /** Returns the key as PKCS#8, encrypted with AES-256 unless the password is empty. */
  static String of(PrivateKey key, String password) {
    try {
      return text(new JcaPKCS8Generator(key, password.isEmpty() ? null : encryptor(password)));
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("The key could not be written as PEM: " + e, e);
    }
  }

  private static OutputEncryptor encryptor(String password) throws OperatorCreationException {
    return new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
        .setProvider(new BouncyCastleProvider())
        .setPassword(password.toCharArray())
        .build();
  }

  private static String text(Object content) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(content);
    } catch (IOException e) {
      throw new IllegalStateException("PEM could not be written: " + e, e);
    }
    return text.toString();
  }
}
