package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.http.TlsConnections;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading certificates: every format, every way it goes wrong, and a file replaced on disk. */
class TlsMaterialTest {
  private static final Authority CA = new Authority("Test CA");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS"})
  void readsAKeystoreWhateverItsName(String type) {
    Path file = Authority.keystore(dir.resolve("client.crt"), type, CA.issue("me"), "s3cret");

    assertEquals(Optional.of("CN=me"), keystore(file, "s3cret").subject());
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void readsPemInAnyOrder(String algorithm) throws Exception {
    Identity me = CA.issue("me", algorithm);
    Object pkcs8 = new JcaPKCS8Generator(me.key(), null);
    Path file = Authority.pem(dir.resolve("me.p12"), CA.certificate(), pkcs8, me.certificate());

    assertEquals(Optional.of("CN=me"), keystore(file, "").subject());
    assertEquals(Optional.of(me.expires()), keystore(file, "").expires());
  }

  @Test
  void comparesTheCertificateWithAHostThatHasAnUnderscore() throws Exception {
    TlsMaterial tls = new TlsMaterial();
    tls.setTruststore(Authority.pem(dir.resolve("ca.pem"), CA.certificate()).toString());

    assertEquals("CN=my_service", upgraded(tls, CA.issue("my_service")));
    assertThrows(SSLException.class, () -> upgraded(tls, CA.issue("other_service")));
  }

  private static String upgraded(TlsMaterial tls, Identity server) throws Exception {
    try (TlsServer service = TlsServer.with(CA.server(server), false);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), service.port());
        SSLSocket socket =
            (SSLSocket)
                TlsConnections.by(tls)
                    .upgrade(plain, "my_service", service.port(), null, new HttpClientContext())) {
      return socket.getSession().getPeerPrincipal().getName();
    }
  }

  @Test
  void readsTheOldPemKeyOfRsa() throws Exception {
    Identity me = CA.issue("me", "RSA");
    Path clear = Authority.pem(dir.resolve("clear"), me.key(), me.certificate());
    Object encrypted =
        new JcaMiscPEMGenerator(
            me.key(),
            new JcePEMEncryptorBuilder("AES-256-CBC")
                .setProvider(new BouncyCastleProvider())
                .build("s3cret".toCharArray()));
    Path locked = Authority.pem(dir.resolve("locked"), me.certificate(), encrypted);

    assertTrue(Files.readString(clear).contains("BEGIN RSA PRIVATE KEY"));
    assertEquals(Optional.of("CN=me"), keystore(clear, "").subject());
    assertEquals(Optional.of("CN=me"), keystore(locked, "s3cret").subject());
    assertEquals(
        "ens.tls.keystore-password: is not the password of " + locked + "; give the right one",
        problem(keystore(locked, "other")));
  }

  @Test
  void readsTheOldPemKeyOfEcAfterItsParameters() throws Exception {
    Identity me = CA.issue("me", "EC");
    ASN1Encodable curve = SECObjectIdentifiers.secp256r1;
    ASN1BitString point =
        SubjectPublicKeyInfo.getInstance(me.certificate().getPublicKey().getEncoded())
            .getPublicKeyData();
    BigInteger secret = ((java.security.interfaces.ECPrivateKey) me.key()).getS();
    byte[] key = new ECPrivateKey(256, secret, point, curve).getEncoded();
    Path file =
        Authority.pem(
            dir.resolve("ec"),
            new PemObject("EC PARAMETERS", curve.toASN1Primitive().getEncoded()),
            new PemObject("EC PRIVATE KEY", key),
            me.certificate());

    assertEquals(Optional.of("CN=me"), keystore(file, "").subject());
  }

  @Test
  void readsAnEncryptedPemKey() throws Exception {
    Identity me = CA.issue("me");
    Path file = Authority.pem(dir.resolve("pem"), encrypted(me), me.certificate());

    assertEquals(Optional.of("CN=me"), keystore(file, "s3cret").subject());
    assertEquals(
        "ens.tls.keystore-password: is not the password of " + file + "; give the right one",
        problem(keystore(file, "other")));
    assertEquals(
        "ens.tls.keystore-password: missing, but " + file + " is protected by a password; set it",
        problem(keystore(file, "")));
  }

  @Test
  void worksWithoutAnyFile() {
    TlsMaterial tls = new TlsMaterial();

    assertEquals(Optional.empty(), tls.subject());
    assertEquals(Optional.empty(), tls.expires());
    assertSame(tls.context(), tls.context());
  }

  @Test
  void saysWhatIsWrongWithTheFile() throws IOException {
    Path missing = dir.resolve("missing");
    assertEquals(
        "ens.tls.keystore="
            + missing
            + ": no such file; give the path of the client certificate (PKCS#12, JKS or PEM)",
        problem(keystore(missing, "")));
    assertTrue(problem(keystore(dir, "")).contains(": is a directory; give the path"));
    Path empty = Files.writeString(dir.resolve("empty"), "");
    assertTrue(problem(keystore(empty, "")).contains(": is empty; give the path"));
    Path text = Files.writeString(dir.resolve("text"), "hello");
    assertTrue(
        problem(keystore(text, ""))
            .contains(": is not a keystore; give a PKCS#12, JKS or PEM file"));
    Path der = Files.write(dir.resolve("der"), new byte[] {0x30, 1, 2, 3, 4, 5});
    assertTrue(problem(keystore(der, "")).contains(": is a damaged keystore; export it again"));
    Path cut =
        Files.writeString(
            dir.resolve("cut"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    assertTrue(problem(keystore(cut, "")).contains(": is a damaged PEM file; export it again"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS"})
  void saysThatThePasswordIsWrongOrMissing(String type) {
    Path file = Authority.keystore(dir.resolve("store"), type, CA.issue("me"), "s3cret");

    assertEquals(
        "ens.tls.keystore-password: is not the password of " + file + "; give the right one",
        problem(keystore(file, "other")));
    assertEquals(
        "ens.tls.keystore-password: missing, but " + file + " is protected by a password; set it",
        problem(keystore(file, "")));
  }

  @Test
  void wantsThePrivateKeyOfTheCertificate() throws Exception {
    Path alone = Authority.pem(dir.resolve("alone"), CA.certificate());
    Path foreign =
        Authority.pem(
            dir.resolve("foreign"), CA.issue("me").certificate(), CA.issue("other").key());

    assertTrue(problem(keystore(alone, "")).contains(": has no private key in it; give a file"));
    assertTrue(problem(keystore(foreign, "")).contains(": has no certificate for its private key"));
  }

  @Test
  void saysSinceWhenACertificateIsExpiredAndFromWhenItIsValid() {
    Instant now = Instant.now();
    Identity old = CA.issue("me", "EC", now.minusSeconds(7200), now.minusSeconds(3600));
    Identity early = CA.issue("me", "EC", now.plusSeconds(3600), now.plusSeconds(7200));
    Path expired = Authority.keystore(dir.resolve("old"), "PKCS12", old, "x");
    Path future = Authority.keystore(dir.resolve("early"), "PKCS12", early, "x");

    assertTrue(
        problem(keystore(expired, "x"))
            .endsWith(": expired at " + old.expires() + "; renew the client certificate"));
    assertTrue(
        problem(keystore(future, "x"))
            .endsWith(
                ": is not valid before "
                    + early.certificate().getNotBefore().toInstant()
                    + "; wait, or correct the clock of this machine"));
  }

  @Test
  void saysWhatIsWrongWithTheTruststore() {
    Path missing = dir.resolve("missing");
    Path noCa = Authority.keystore(dir.resolve("store"), "PKCS12", CA.issue("me"), "x");

    assertEquals(
        "ens.tls.truststore="
            + missing
            + ": no such file; give the path of the CA certificates (PKCS#12, JKS or PEM)",
        problem(truststore(missing, "")));
    assertTrue(problem(truststore(noCa, "x")).contains(": has no CA certificate in it"));
    assertTrue(
        problem(truststore(noCa, "y")).startsWith("ens.tls.truststore-password: is not the"));
  }

  @Test
  void usesAReplacedCertificate() throws IOException {
    Path file = Authority.keystore(dir.resolve("store"), "PKCS12", CA.issue("before"), "x");
    TlsMaterial tls = keystore(file, "x");
    SSLContext before = tls.context();
    assertSame(before, tls.context());

    Authority.keystore(file, "PKCS12", CA.issue("after"), "x");
    touch(file, 10);

    assertNotSame(before, tls.context());
    assertEquals(Optional.of("CN=after"), tls.subject());
  }

  @Test
  void keepsTheLastGoodCertificateWhileTheNewOneIsBroken() throws IOException {
    Path file = Authority.keystore(dir.resolve("store"), "PKCS12", CA.issue("before"), "x");
    TlsMaterial tls = keystore(file, "x");
    SSLContext before = tls.context();

    Files.writeString(file, "broken");
    touch(file, 10);
    assertSame(before, tls.context());
    Files.delete(file);
    assertSame(before, tls.context());
    Authority.keystore(file, "PKCS12", CA.issue("after"), "x");
    touch(file, 20);
    assertEquals(Optional.of("CN=after"), tls.subject());
  }

  @Test
  void showsNoPassword() {
    assertTrue(!keystore(dir, "s3cret").toString().contains("s3cret"));
    assertTrue(!new CertificateFile("k", "p", Optional.of("s3cret")).toString().contains("s3cret"));
  }

  private static Object encrypted(Identity identity) throws Exception {
    OutputEncryptor encryptor =
        new JceOpenSSLPKCS8EncryptorBuilder(JcaPKCS8Generator.AES_256_CBC)
            .setPRF(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256, DERNull.INSTANCE))
            .setProvider(new BouncyCastleProvider())
            .setRandom(new SecureRandom())
            .setPassword("s3cret".toCharArray())
            .build();
    return new JcaPKCS8Generator(identity.key(), encryptor);
  }

  private static void touch(Path file, int secondsAhead) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(secondsAhead)));
  }

  private static String problem(TlsMaterial tls) {
    return assertThrows(ConfigurationException.class, tls::context).getMessage();
  }

  private static TlsMaterial keystore(Path file, String password) {
    TlsMaterial tls = new TlsMaterial();
    tls.setKeystore(file.toString());
    tls.setKeystorePassword(password);
    return tls;
  }

  private static TlsMaterial truststore(Path file, String password) {
    TlsMaterial tls = new TlsMaterial();
    tls.setTruststore(file.toString());
    tls.setTruststorePassword(password);
    return tls;
  }
}
