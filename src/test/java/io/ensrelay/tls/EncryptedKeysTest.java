package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every encryption that openssl writes opens with the right password, and says when it is not. */
class EncryptedKeysTest {
  private static final String PASSWORD = "pässwörd€ 1";

  @TempDir static Path dir;
  private static OpenSsl openssl;

  @BeforeAll
  static void makeKeys() {
    openssl = new OpenSsl(dir);
    openssl.run("rsa", "genrsa", "-out", "rsa.pem", "2048");
    request("rsa.pem", "rsa.crt");
  }

  @Test
  void opensEveryEncryptionOfPkcs8() {
    List<String> v1 =
        List.of(
            "PBE-MD5-DES",
            "PBE-SHA1-DES",
            "PBE-SHA1-RC4-128",
            "PBE-SHA1-RC4-40",
            "PBE-SHA1-RC2-40",
            "PBE-SHA1-RC2-64",
            "PBE-MD5-RC2-64",
            "PBE-SHA1-RC2-128",
            "PBE-SHA1-2DES",
            "PBE-SHA1-3DES");
    List<String> v2 =
        List.of(
            "des",
            "des3",
            "rc2",
            "cast5-cbc",
            "seed-cbc",
            "rc2-64-cbc",
            "rc2-40-cbc",
            "aes-128-cbc",
            "aes-192-cbc",
            "aes-256-cbc",
            "camellia-128-cbc",
            "camellia-192-cbc",
            "camellia-256-cbc",
            "aria-128-cbc",
            "aria-192-cbc",
            "aria-256-cbc",
            "aes-256-ecb",
            "aes-256-cfb",
            "aes-192-ofb",
            "camellia-256-ctr",
            "camellia-128-ofb",
            "aria-128-ctr",
            "aria-192-cfb",
            "bf-cbc",
            "sm4-cbc",
            "seed-ofb",
            "des-cfb",
            "des-ede",
            "rc4");
    List<String> prfs =
        List.of(
            "hmacWithMD5",
            "hmacWithSHA1",
            "hmacWithSHA224",
            "hmacWithSHA384",
            "hmacWithSHA512",
            "hmacWithSHA512-256");
    List<List<String>> ways = new ArrayList<>();
    v1.forEach(name -> ways.add(List.of("-v1", name)));
    v2.forEach(name -> ways.add(List.of("-v2", name)));
    prfs.forEach(prf -> ways.add(List.of("-v2", "aes-256-cbc", "-v2prf", prf)));
    ways.add(List.of("-v2", "des3", "-v2prf", "hmacWithSHA1"));
    ways.add(List.of("-v2", "aes-128-cbc", "-scrypt"));
    ways.add(List.of("-v2", "rc2", "-scrypt", "-scrypt_N", "1024"));
    ways.add(List.of("-v2", "bf-cbc", "-scrypt", "-scrypt_N", "1024"));
    int tried = 0;
    for (List<String> way : ways) {
      if (encrypt("pkcs8 -topk8", "rsa.pem", way, PASSWORD)) {
        assertOpens(String.join(" ", way), dir.resolve("key.pem"), PASSWORD);
        tried++;
      }
    }
    assertTrue(tried > 15, () -> "openssl can do too little to be of use");
  }

  @Test
  void saysWhichCipherItCanNotRead() {
    for (String cipher : List.of("desx", "aes-128-cfb1")) {
      if (encrypt("rsa -traditional", "rsa.pem", List.of("-" + cipher), PASSWORD)) {
        String said = problem(keystore(dir.resolve("key.pem"), PASSWORD));
        assertTrue(said.contains("is encrypted in a way that can't be read here"), said);
      }
    }
  }

  @Test
  void opensEveryEncryptionOfTheOldPem() {
    int tried = 0;
    for (String cipher :
        List.of(
            "des",
            "des3",
            "aes128",
            "aes192",
            "aes256",
            "camellia128",
            "camellia192",
            "camellia256",
            "aria128",
            "aria192",
            "aria256",
            "aes-256-ctr",
            "aes-128-cfb8",
            "camellia-128-ofb",
            "aria-192-ctr",
            "seed",
            "seed-cfb",
            "bf",
            "cast5-cfb",
            "rc2-40-cbc",
            "sm4-ofb",
            "des-ede-cbc",
            "des-ede3-cfb")) {
      if (encrypt("rsa -traditional", "rsa.pem", List.of("-" + cipher), PASSWORD)) {
        assertOpens(cipher, dir.resolve("key.pem"), PASSWORD);
        tried++;
      }
    }
    assertTrue(tried > 5, () -> "openssl can do too little to be of use");
  }

  @Test
  void opensEveryEncryptionOfPkcs12() {
    List<List<String>> ways =
        List.of(
            List.of(),
            List.of("-legacy"),
            List.of("-keypbe", "NONE"),
            List.of("-certpbe", "NONE"),
            List.of("-nomac"),
            List.of("-macalg", "sha512"),
            List.of("-legacy", "-keypbe", "PBE-SHA1-RC4-128", "-certpbe", "PBE-SHA1-RC2-40"),
            List.of("-keypbe", "aes-128-cbc", "-certpbe", "camellia-256-cbc"));
    for (List<String> way : ways) {
      assertTrue(pkcs12(way, PASSWORD), way::toString);
      Path file = dir.resolve("me.p12");
      assertEquals(Optional.of("CN=me"), keystore(file, PASSWORD).subject(), way::toString);
      assertWrong(file, way.toString());
    }
    for (List<String> way : List.of(List.<String>of(), List.of("-legacy"), List.of("-nomac"))) {
      assertTrue(pkcs12(way, ""), way::toString);
      assertEquals(Optional.of("CN=me"), keystore(dir.resolve("me.p12"), "").subject());
    }
  }

  @Test
  void opensAPkcs12FileWithoutAnyEncryption() {
    assertTrue(pkcs12(List.of("-keypbe", "NONE", "-certpbe", "NONE", "-nomac"), ""));

    assertEquals(Optional.of("CN=me"), keystore(dir.resolve("me.p12"), "").subject());
    assertEquals(Optional.of("CN=me"), keystore(dir.resolve("me.p12"), "any").subject());
  }

  @Test
  void neverTakesAWrongPasswordForADamagedFile() {
    // padding alone lets one in 256 through
    assertTrue(
        encrypt("pkcs8 -topk8", "rsa.pem", List.of("-v2", "des3", "-iter", "100"), PASSWORD));
    Path key = dir.resolve("key.pem");
    Path file = OpenSsl.joined(dir.resolve("all.pem"), key, dir.resolve("rsa.crt"));
    for (int i = 0; i < 600; i++) {
      String wrong = "wrong" + i;
      assertTrue(
          problem(keystore(file, wrong)).startsWith("ens.tls.keystore-password: is not the"));
    }
  }

  @Test
  void readsEveryKindOfKeyThatTlsHas() {
    Stream.of("P-256", "P-384", "P-521")
        .forEach(curve -> openssl.run(curve, genpkey(curve, "EC", "ec_paramgen_curve:" + curve)));
    openssl.run("ed", "genpkey", "-algorithm", "ED25519", "-out", "ed");
    openssl.run("pss", genpkey("pss", "RSA-PSS", "rsa_keygen_bits:2048"));
    for (String key : List.of("P-256", "P-384", "P-521", "ed", "pss")) {
      request(key, key + ".crt");
      Path file = OpenSsl.joined(dir.resolve("k.pem"), dir.resolve(key + ".crt"), dir.resolve(key));
      assertEquals(Optional.of("CN=me"), keystore(file, "").subject(), key);
    }
  }

  @Test
  void readsADsaKeyInItsOldForm() {
    openssl.run("dsa.par", "dsaparam", "-out", "dsa.par", "2048");
    openssl.run("dsa", "gendsa", "-out", "dsa", "dsa.par");
    request("dsa", "dsa.crt");
    Path plain = OpenSsl.joined(dir.resolve("d.pem"), dir.resolve("dsa"), dir.resolve("dsa.crt"));

    assertEquals(Optional.of("CN=me"), keystore(plain, "").subject());
  }

  @Test
  void saysOnWhichCurveJavaCanNotSign() {
    for (String curve : List.of("secp256k1", "brainpoolP256r1")) {
      if (openssl.isDone(genpkey("odd", "EC", "ec_paramgen_curve:" + curve))) {
        request("odd", "odd.crt");
        Path file =
            OpenSsl.joined(dir.resolve("odd.pem"), dir.resolve("odd"), dir.resolve("odd.crt"));
        String said = problem(keystore(file, ""));
        assertTrue(said.contains("holds an EC key on a curve that Java does not know"), said);
      }
    }
  }

  @Test
  void readsAnEcKeyBehindItsParametersAndSaysWhenTheCurveHasNoName() {
    openssl.run("ec", "ecparam", "-name", "prime256v1", "-genkey", "-out", "ec");
    request("ec", "ec.crt");
    Path named = OpenSsl.joined(dir.resolve("n.pem"), dir.resolve("ec"), dir.resolve("ec.crt"));
    assertEquals(Optional.of("CN=me"), keystore(named, "").subject());

    openssl.run(
        "ex",
        "ecparam",
        "-name",
        "prime256v1",
        "-param_enc",
        "explicit",
        "-genkey",
        "-out",
        "explicit");
    request("explicit", "explicit.crt");
    Path file =
        OpenSsl.joined(dir.resolve("x.pem"), dir.resolve("explicit"), dir.resolve("explicit.crt"));
    String said = problem(keystore(file, ""));
    assertTrue(said.contains("an EC key whose curve is written out instead of named"), said);
  }

  @Test
  void readsAKeyInDer() {
    openssl
        .run("key.der", "pkcs8", "-topk8", "-nocrypt", "-in", "rsa.pem", "-out", "key.der")
        .toFile();
    openssl.run(
        "one.der",
        "pkcs8",
        "-topk8",
        "-in",
        "rsa.pem",
        "-out",
        "one.der",
        "-outform",
        "DER",
        "-passout",
        "pass:x");

    assertTrue(
        problem(keystore(dir.resolve("one.der"), "x"))
            .contains("has no certificate for its private key"));
    assertTrue(problem(keystore(dir.resolve("one.der"), "y")).contains("is not the password of"));
  }

  private static void assertOpens(String how, Path key, String password) {
    Path crt = dir.resolve("rsa.crt");
    for (Path[] order : List.of(new Path[] {key, crt}, new Path[] {crt, key})) {
      Path file = OpenSsl.joined(dir.resolve("all.pem"), order);
      assertEquals(Optional.of("CN=me"), subject(how, keystore(file, password)), how);
      assertWrong(file, how);
      assertEquals(
          "ens.tls.keystore-password: missing, but " + file + " is protected by a password; set it",
          problem(keystore(file, "")),
          how);
    }
  }

  private static Optional<String> subject(String how, TlsMaterial tls) {
    try {
      return tls.subject();
    } catch (ConfigurationException e) {
      throw new AssertionError(how, e);
    }
  }

  private static void assertWrong(Path file, String how) {
    assertEquals(
        "ens.tls.keystore-password: is not the password of " + file + "; give the right one",
        problem(keystore(file, "other")),
        how);
  }

  private static boolean encrypt(String command, String in, List<String> way, String password) {
    for (List<String> providers :
        List.of(List.of("-provider", "legacy", "-provider", "default"), List.<String>of())) {
      List<String> all = new ArrayList<>(List.of(command.split(" ")));
      all.addAll(way);
      all.addAll(providers);
      all.addAll(List.of("-in", in, "-out", "key.pem", "-passout", "pass:" + password));
      // some versions write it in the clear when the cipher is not there
      if (openssl.isDone(all.toArray(String[]::new))
          && OpenSsl.text(dir.resolve("key.pem")).contains("ENCRYPTED")) {
        return true;
      }
    }
    return false;
  }

  private static boolean pkcs12(List<String> way, String password) {
    List<String> all = new ArrayList<>(List.of("pkcs12", "-export"));
    all.addAll(way);
    all.addAll(List.of("-inkey", "rsa.pem", "-in", "rsa.crt", "-out", "me.p12"));
    all.addAll(List.of("-passout", "pass:" + password));
    return openssl.isDone(all.toArray(String[]::new));
  }

  private static String[] genpkey(String out, String algorithm, String option) {
    return new String[] {"genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", out};
  }

  private static void request(String key, String out) {
    openssl.run(
        out, "req", "-x509", "-new", "-key", key, "-subj", "/CN=me", "-days", "2", "-out", out);
  }

  private static TlsMaterial keystore(Path file, String password) {
    TlsMaterial tls = new TlsMaterial();
    tls.setKeystore(file.toString());
    tls.setKeystorePassword(password);
    return tls;
  }

  private static String problem(TlsMaterial tls) {
    return assertThrows(ConfigurationException.class, tls::context).getMessage();
  }
}
