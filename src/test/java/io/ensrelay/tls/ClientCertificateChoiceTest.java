package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which client certificate a server gets, and with which of its issuers. */
class ClientCertificateChoiceTest {
  private static final Instant FROM = Instant.now().minusSeconds(86_400);
  private static final Instant TO = Instant.now().plusSeconds(86_400);
  private static final Authority ROOT = new Authority("Root");
  private static final Authority MIDDLE = new Authority("Middle", ROOT, FROM, TO);
  private static final Authority OTHER = new Authority("Other");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void takesTheKeyWhoseIssuerTheServerNames(String protocol) throws Exception {
    TlsMaterial tls = client(two());
    assertEquals("CN=root", sentTo(ROOT, tls, protocol).replaceAll(" .*", ""));
    assertEquals("CN=other", sentTo(OTHER, tls, protocol).replaceAll(" .*", ""));
    assertEquals("CN=other", tls.subject().orElse(""));
  }

  @Test
  void takesTheKeyOfTheAlias() {
    TlsMaterial tls = client(two());
    tls.setKeyAlias("first");
    assertEquals("CN=root", tls.subject().orElse(""));

    tls = client(two());
    tls.setKeyAlias("SECOND");
    assertEquals("CN=other", tls.subject().orElse(""));
  }

  @Test
  void saysWhichAliasesThereAre() {
    TlsMaterial tls = client(two());
    tls.setKeyAlias("third");

    String said = assertThrows(ConfigurationException.class, tls::context).getMessage();
    assertTrue(said.startsWith("ens.tls.key-alias=third: "), said);
    assertTrue(
        said.matches(".*has no key of that name; give one of: (first, second|second, first)"),
        said);
  }

  @Test
  void prefersTheOneThatIsNotExpired() {
    Identity old = OTHER.issue("old", "EC", FROM, FROM.plusSeconds(60));
    TlsMaterial tls = client(store(old, ROOT.issue("good")));

    assertEquals("CN=good", tls.subject().orElse(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void sendsALeafWithoutItsIntermediateToAServerThatNamesOnlyTheRoot(String protocol)
      throws Exception {
    Identity me = MIDDLE.issue("me");
    Path file = Authority.pem(dir.resolve("leaf.pem"), me.key(), me.certificate());
    TlsMaterial tls = client(file);
    try (TlsServer server = TlsServer.with(ROOT.server(ROOT.issue("localhost")), true, protocol)) {
      IOException refused = assertThrows(IOException.class, () -> server.reach(tls, "localhost"));

      String said = tls.explain(refused).orElseThrow().text();
      assertTrue(said.contains("CN=Middle, which issued it, is missing in ens.tls.keystore"), said);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void doesNotTakeARootThatTheServerDoesNotKnowForAMissingIntermediate(String protocol)
      throws Exception {
    Identity me = OTHER.issue("me");
    TlsMaterial tls = client(Authority.pem(dir.resolve("me.pem"), me.key(), me.certificate()));
    tls.setTruststore(Authority.pem(dir.resolve("root"), ROOT.certificate()).toString());
    try (TlsServer server = TlsServer.with(ROOT.server(ROOT.issue("localhost")), true, protocol)) {
      IOException refused = assertThrows(IOException.class, () -> server.reach(tls, "localhost"));

      String said = tls.explain(refused).orElseThrow().text();
      assertTrue(said.contains("If that is an intermediate CA"), said);
      assertTrue(said.endsWith("whether the server trusts that CA"), said);
    }
  }

  @Test
  void completesTheChainFromTheTrustStore() throws Exception {
    Identity me = MIDDLE.issue("me");
    TlsMaterial tls = client(Authority.pem(dir.resolve("leaf"), me.key(), me.certificate()));
    tls.setTruststore(
        Authority.pem(dir.resolve("cas"), MIDDLE.certificate(), ROOT.certificate()).toString());

    assertEquals("CN=me 3", sentTo(ROOT, tls));
  }

  @Test
  void sortsTheChainAndLeavesOutWhatDoesNotBelongToIt() throws Exception {
    Identity me = MIDDLE.issue("me");
    X509Certificate root = ROOT.certificate();
    X509Certificate middle = MIDDLE.certificate();
    Path file =
        Authority.pem(
            dir.resolve("mess"),
            root,
            OTHER.certificate(),
            me.certificate(),
            root,
            middle,
            me.key(),
            middle);

    List<X509Certificate> chain =
        new CertificateFile("k", file.toString(), java.util.Optional.empty())
            .identities(KeyUse.CLIENT, List.of())
            .get(0)
            .chain();
    assertEquals(List.of(me.certificate(), middle, root), chain);
    assertEquals("CN=me 3", sentTo(ROOT, client(file)));
  }

  private Path two() {
    return store(ROOT.issue("root"), OTHER.issue("other"));
  }

  private Path store(Identity first, Identity second) {
    Path file = dir.resolve("two.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      char[] password = "x".toCharArray();
      store.setKeyEntry("first", first.key(), password, chain(first));
      store.setKeyEntry("second", second.key(), password, chain(second));
      store.store(out, password);
      return file;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate[] chain(Identity identity) {
    return identity.chain().toArray(X509Certificate[]::new);
  }

  private TlsMaterial client(Path keystore) {
    TlsMaterial tls = new TlsMaterial();
    tls.setKeystore(keystore.toString());
    tls.setKeystorePassword("x");
    Path cas = Authority.pem(dir.resolve("ca.pem"), ROOT.certificate(), OTHER.certificate());
    tls.setTruststore(cas.toString());
    return tls;
  }

  /** To a server that names {@code issuer}. */
  private static String sentTo(Authority issuer, TlsMaterial tls, String... protocols)
      throws Exception {
    try (TlsServer server =
        TlsServer.with(issuer.server(issuer.issue("localhost")), true, protocols)) {
      server.reach(tls, "localhost");
      return server.seen();
    }
  }
}
