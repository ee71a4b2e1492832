package io.ensrelay.tls;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority of the tests, made when needed. Keys are EC keys, unless a test asks for
 * RSA: making those takes most of the time of a test.
 */
public final class Authority {
  static final Duration DAY = Duration.ofDays(1);

  private final Identity self;

  public Authority(String name) {
    KeyPair pair = keys("EC");
    Instant now = Instant.now();
    self =
        new Identity(
            pair.getPrivate(),
            List.of(certificate(name, name, pair, pair, now.minus(DAY), now.plus(DAY), true)));
  }

  /** Below another one. */
  public Authority(String name, Authority parent, Instant from, Instant to) {
    KeyPair pair = keys("EC");
    KeyPair issuer = new KeyPair(parent.certificate().getPublicKey(), parent.self.key());
    String issuerName = parent.certificate().getSubjectX500Principal().getName().substring(3);
    self =
        new Identity(
            pair.getPrivate(),
            List.of(certificate(name, issuerName, pair, issuer, from, to, true)));
  }

  public Identity self() {
    return self;
  }

  public X509Certificate certificate() {
    return self.certificate();
  }

  public Identity issue(String host) {
    return issue(host, "EC");
  }

  public Identity issue(String host, String algorithm) {
    Instant now = Instant.now();
    return issue(host, algorithm, now.minus(DAY), now.plus(DAY));
  }

  public Identity issue(String host, String algorithm, Instant from, Instant to) {
    KeyPair pair = keys(algorithm);
    KeyPair issuer = new KeyPair(certificate().getPublicKey(), self.key());
    String issuerName = certificate().getSubjectX500Principal().getName().substring(3);
    X509Certificate issued = certificate(host, issuerName, pair, issuer, from, to, false);
    return new Identity(pair.getPrivate(), List.of(issued, certificate()));
  }

  /** Of a server that shows {@code identity} and asks for certificates of this authority. */
  public SSLContext server(Identity identity) {
    try {
      KeyStore keys = store("PKCS12", identity, "");
      KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
      managers.init(keys, new char[0]);
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", certificate());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Path keystore(Path file, String type, Identity identity, String password) {
    try (OutputStream out = Files.newOutputStream(file)) {
      store(type, identity, password).store(out, password.toCharArray());
      return file;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Path pem(Path file, Object... parts) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      for (Object part : parts) {
        // BouncyCastle's own form of an EC key does not name its curve
        writer.writeObject(
            part instanceof ECPrivateKey key ? new JcaPKCS8Generator(key, null) : part);
      }
      writer.flush();
      return Files.writeString(file, text.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KeyStore store(String type, Identity identity, String password)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setKeyEntry(
        "one",
        identity.key(),
        password.toCharArray(),
        identity.chain().toArray(X509Certificate[]::new));
    return store;
  }

  private static KeyPair keys(String algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate certificate(
      String name,
      String issuerName,
      KeyPair pair,
      KeyPair issuer,
      Instant from,
      Instant to,
      boolean authority) {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name("CN=" + issuerName),
              BigInteger.valueOf(System.nanoTime()),
              Date.from(from),
              Date.from(to),
              new X500Name("CN=" + name),
              pair.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (!authority) {
        int type = name.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName;
        builder.addExtension(
            Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(type, name)));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
