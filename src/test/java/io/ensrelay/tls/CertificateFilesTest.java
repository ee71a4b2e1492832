package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSAbsentContent;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.util.Arrays;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as people have them: other encodings, other formats, and files that are something else. */
class CertificateFilesTest {
  private static final Authority CA = new Authority("Test CA");
  private static final Authority OTHER = new Authority("Other CA");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
  void readsTextWithAByteOrderMarkAndTheLinesOfWindows(String charset) throws IOException {
    Identity me = CA.issue("me");
    Path pem = Authority.pem(dir.resolve("pem"), me.key(), me.certificate());
    String windows = "\uFEFF" + Files.readString(pem).replace("\n", "\r\n").strip();
    Path file = Files.write(dir.resolve("windows"), windows.getBytes(charset));

    assertEquals(Optional.of("CN=me"), keystore(file, "").subject());
  }

  @Test
  void readsUtf16WithoutAByteOrderMark() throws IOException {
    Path pem = Authority.pem(dir.resolve("pem"), CA.certificate());
    byte[] text = Files.readString(pem).getBytes(StandardCharsets.UTF_16LE);

    assertEquals(List.of(CA.certificate()), authorities(Files.write(dir.resolve("x"), text)));
  }

  @Test
  void readsBlocksWithTextAroundThem() throws IOException {
    Identity me = CA.issue("me");
    String pem = Files.readString(Authority.pem(dir.resolve("p"), me.key(), me.certificate()));
    String text =
        "Bag Attributes\n    friendlyName: Ünïcode\n    localKeyID: 54 69\nsubject=CN = me\n"
            + pem.replaceAll("(?m)^", "      ").replace("-----\n", "-----  \t\n")
            + "\nCertificate:\n    Data:\n        Version: 3 (0x2)\n";
    Path file = Files.writeString(dir.resolve("text"), text);

    assertEquals(Optional.of("CN=me"), keystore(file, "").subject());
  }

  @Test
  void readsTextWhoseLinesAreJoinedOrEscapedAsInASecretOfJson() throws IOException {
    Identity me = CA.issue("me");
    String pem = Files.readString(Authority.pem(dir.resolve("p"), me.key(), me.certificate()));
    for (String text :
        List.of(pem.replace("\n", "\\n"), pem.replace("\n", "\\r\\n"), joined(pem))) {
      Path file = Files.writeString(dir.resolve("secret"), text);
      assertEquals(Optional.of("CN=me"), keystore(file, "").subject(), text);
    }
  }

  private static String joined(String pem) {
    return pem.replace("\n", "");
  }

  @Test
  void readsBinaryFilesWithSomethingBehindThem() throws Exception {
    byte[] der = CA.certificate().getEncoded();
    byte[] both = Arrays.concatenate(der, OTHER.certificate().getEncoded());
    byte[] line = "\r\n".getBytes(StandardCharsets.UTF_8);
    Path p12 = Authority.keystore(dir.resolve("p12"), "PKCS12", CA.issue("me"), "x");
    Files.write(p12, line, StandardOpenOption.APPEND);

    Path file = Files.write(dir.resolve("der"), Arrays.concatenate(der, line));
    assertEquals(List.of(CA.certificate()), authorities(file));
    assertSame(
        List.of(CA.certificate(), OTHER.certificate()),
        authorities(Files.write(dir.resolve("both"), both)));
    assertEquals(Optional.of("CN=me"), keystore(p12, "x").subject());
    Path cut = Files.write(dir.resolve("cut"), Arrays.copyOf(both, both.length - 9));
    assertSays(cut, "is a damaged keystore");
  }

  @Test
  void readsAuthoritiesAsDerAndAsPkcs7() throws Exception {
    byte[] der = CA.certificate().getEncoded();
    byte[] p7b = pkcs7(CA.certificate(), OTHER.certificate());
    List<X509Certificate> both = List.of(CA.certificate(), OTHER.certificate());

    assertEquals(List.of(CA.certificate()), authorities(Files.write(dir.resolve("der"), der)));
    assertSame(both, authorities(Files.write(dir.resolve("p7b"), p7b)));
    assertSame(both, authorities(Authority.pem(dir.resolve("pem"), new PemObject("PKCS7", p7b))));
    // as the web pages of a Windows CA title it
    assertSame(
        both, authorities(Authority.pem(dir.resolve("ms"), new PemObject("CERTIFICATE", p7b))));
  }

  @ParameterizedTest
  @CsvSource({"PKCS12,s3cret", "JKS,s3cret", "JCEKS,s3cret", "PKCS12,''"})
  void readsATrustStoreOfJavaWithItsPassword(String type, String password) throws Exception {
    Path file = trustStore(type, password.toCharArray());

    assertEquals(List.of(CA.certificate()), authorities(file, password));
    if (!password.isEmpty()) {
      String wrong = problem(truststore(file, "other"));
      assertTrue(wrong.startsWith("ens.tls.truststore-password: is not the password of"), wrong);
    }
  }

  @Test
  void readsATrustStoreThatNeedsNoPassword() throws Exception {
    assertEquals(List.of(CA.certificate()), authorities(trustStore("PKCS12", null)));
    assertEquals(List.of(CA.certificate()), authorities(trustStore("JKS", "x".toCharArray())));
  }

  @Test
  void readsATrustStoreOfOpenSslWithoutItsPassword() {
    OpenSsl openssl = new OpenSsl(dir);
    Authority.pem(dir.resolve("ca.pem"), CA.certificate());
    for (List<String> way :
        List.of(
            List.of("-passout", "pass:"),
            List.of("-passout", "pass:", "-legacy"),
            List.of("-passout", "pass:", "-nomac"),
            List.of("-passout", "pass:x", "-certpbe", "NONE"))) {
      List<String> command = new ArrayList<>(List.of("pkcs12", "-export", "-nokeys"));
      command.addAll(List.of("-in", "ca.pem", "-out", "ca.p12"));
      command.addAll(way);
      Path file = openssl.run("ca.p12", command.toArray(String[]::new));
      assertEquals(List.of(CA.certificate()), authorities(file), way::toString);
    }
    Path file =
        openssl.run(
            "ca.p12", "pkcs12 -export -nokeys -in ca.pem -out ca.p12 -passout pass:x".split(" "));
    assertTrue(problem(truststore(file, "")).startsWith("ens.tls.truststore-password: missing"));
  }

  @Test
  void trustsNothingByAStoreWithAPrivateKeyOnly() {
    for (String type : List.of("PKCS12", "JKS", "JCEKS")) {
      Path file = Authority.keystore(dir.resolve(type), type, CA.issue("me"), "x");
      String said = problem(truststore(file, "x"));
      assertTrue(said.contains(": has no CA certificate in it, only a private key with"), said);
    }
  }

  @Test
  void needsNoPasswordForTheCertificatesBesideAnEncryptedKey() throws Exception {
    OpenSsl openssl = new OpenSsl(dir);
    Authority.pem(dir.resolve("key.pem"), CA.issue("me").key());
    openssl.run("enc.pem", "ec -aes256 -in key.pem -out enc.pem -passout pass:abcd".split(" "));
    Path ca = Authority.pem(dir.resolve("ca.pem"), CA.certificate());
    Path file = OpenSsl.joined(dir.resolve("both.pem"), dir.resolve("enc.pem"), ca);

    assertEquals(List.of(CA.certificate()), authorities(file));
  }

  @Test
  void saysWhatAFileIsThatIsNoKeystore() throws Exception {
    assertSays("<!DOCTYPE html><html>", "is a web page or XML, not a keystore");
    assertSays("PuTTY-User-Key-File-2: ssh-rsa\n", "is a PuTTY key");
    assertSays("ssh-ed25519 AAAA me@host\n", "is an SSH public key");
    assertSays("---- BEGIN SSH2 PUBLIC KEY ----\n", "is an SSH public key");
    assertSays("MIIBIjANBgkqhkiG9w0BAQ\n", "base64 without its lines -----BEGIN");
    assertSays(block("CERTIFICATE REQUEST"), "only a certificate request (CSR)");
    assertSays(block("NEW CERTIFICATE REQUEST"), "only a certificate request (CSR)");
    assertSays(block("PUBLIC KEY"), "holds no certificate, only a public key");
    assertSays(block("OPENSSH PRIVATE KEY"), "only an SSH key");
    assertSays(block("X509 CRL"), "only a revocation list");
    assertSays(block("PGP PUBLIC KEY BLOCK"), "only PGP data");
    assertSays(block("DH PARAMETERS"), "only parameters");
    byte[] spki = CA.certificate().getPublicKey().getEncoded();
    assertSays(Files.write(dir.resolve("spki"), spki), "holds no certificate, only a public key");
    KeyStore bcfks = KeyStore.getInstance("BCFKS", new BouncyCastleProvider());
    bcfks.load(null, null);
    try (OutputStream out = Files.newOutputStream(dir.resolve("bcfks"))) {
      bcfks.store(out, "x".toCharArray());
    }
    assertSays(dir.resolve("bcfks"), "is a BCFKS keystore");
  }

  @Test
  void readsNoFurtherThanAnyCertificateIsLong() throws IOException {
    Path file = dir.resolve("large");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 30);
    }
    assertSays(file, "is larger than 10 MB");
    assertSays(Path.of("/dev/zero"), "is not a regular file");
  }

  private static void assertSame(List<X509Certificate> expected, List<X509Certificate> found) {
    assertEquals(expected.size(), found.size());
    assertTrue(found.containsAll(expected));
  }

  private void assertSays(String content, String expected) throws IOException {
    assertSays(Files.writeString(dir.resolve("file"), content), expected);
  }

  private static void assertSays(Path file, String expected) {
    String asKeystore = problem(keystore(file, "x"));
    assertTrue(asKeystore.contains(expected), asKeystore);
    String asTruststore = problem(truststore(file, "x"));
    assertTrue(asTruststore.contains(expected), asTruststore);
  }

  private static String block(String title) {
    return "-----BEGIN " + title + "-----\nAAAA\n-----END " + title + "-----\n";
  }

  private static byte[] pkcs7(X509Certificate... certificates) throws Exception {
    CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
    generator.addCertificates(new JcaCertStore(List.of(certificates)));
    CMSSignedData data = generator.generate(new CMSAbsentContent());
    return data.getEncoded();
  }

  private Path trustStore(String type, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setCertificateEntry("ca", CA.certificate());
    Path file = dir.resolve("store." + type);
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, password);
    }
    return file;
  }

  private static List<X509Certificate> authorities(Path file) {
    return authorities(file, "");
  }

  private static List<X509Certificate> authorities(Path file, String password) {
    return new CertificateFile(
            "ens.tls.truststore",
            file.toString(),
            Optional.of(password).filter(text -> !text.isEmpty()))
        .authorities();
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
