package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a failed handshake means: whose certificate is at fault, if any is, and what to do. */
class TlsFailureTest {
  private static final Instant NOW = Instant.now();
  private static final Instant FROM = NOW.minusSeconds(86_400);
  private static final Instant TO = NOW.plusSeconds(86_400);
  private static final Authority CA = new Authority("Test CA");

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "70  | no TLS version in common",
        "112 | it does not know the host name",
        "80  | something went wrong within the server",
        "120 | look at the log of the server"
      })
  void blamesNoClientCertificateForWhatIsNotItsFault(int alert, String expected)
      throws IOException {
    String said = said(TlsServer.alerting(alert), client());

    assertTrue(said.contains(expected), said);
    assertFalse(said.contains("client certificate CN=") || said.contains("keystore"), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "42  | it does not accept our client certificate CN=me, issued by CN=Test CA",
        "43  | our client certificate CN=me is of a kind that it does not take",
        "44  | our client certificate CN=me is revoked",
        "45  | our client certificate CN=me is expired for it: valid from",
        "46  | it does not accept our client certificate CN=me, issued by CN=Test CA",
        "48  | it does not know the CA of our client certificate CN=me, issued by CN=Test CA",
        "49  | our client certificate CN=me is accepted, but not allowed to connect",
        "40  | no cipher or key exchange in common"
      })
  void namesOurCertificateWhenItIsRefused(int alert, String expected) throws IOException {
    String said = said(TlsServer.alerting(alert), client());

    assertTrue(said.contains(expected), said);
  }

  @ParameterizedTest
  @CsvSource({"42", "116"})
  void saysThatACertificateIsWantedWhenThereIsNone(int alert) throws IOException {
    String said = said(TlsServer.alerting(alert), trusting(CA));

    assertTrue(said.endsWith("and there is none. Set ens.tls.keystore"), said);
  }

  @Test
  void saysThatACertificateIsWantedInARealHandshake() throws IOException {
    for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
      String said =
          said(TlsServer.with(CA.server(CA.issue("localhost")), true, protocol), trusting(CA));
      assertTrue(said.endsWith("and there is none. Set ens.tls.keystore"), said);
    }
  }

  @Test
  void namesTheExpiredCertificateOfTheServer() throws IOException {
    Identity old = CA.issue("localhost", "EC", FROM, NOW.minusSeconds(60));
    String said = said(server(old), client());

    assertTrue(
        said.startsWith("the server's certificate (CN=localhost) expired: valid from "), said);
    assertTrue(said.endsWith(". The server's operator must renew it"), said);
  }

  @Test
  void namesTheExpiredIntermediateOfTheServer() throws IOException {
    Authority middle = new Authority("Middle", CA, FROM, NOW.minusSeconds(60));
    String said = said(server(middle.issue("localhost")), client());

    assertTrue(said.startsWith("a CA certificate that the server sends, CN=Middle, expired"), said);
  }

  @Test
  void looksAtTheClockWhenTheServersCertificateIsOfTheFuture() throws IOException {
    Identity early = CA.issue("localhost", "EC", NOW.plusSeconds(3600), TO);
    String said = said(server(early), client());

    assertTrue(said.contains("is not valid yet: valid from "), said);
    assertTrue(said.contains("Look at the clock of this machine, where it is "), said);
  }

  @Test
  void namesTheHostsOfTheServersCertificate() throws IOException {
    String said = said(server(CA.issue("other.example")), client());

    assertTrue(
        said.startsWith(
            "the server's certificate (CN=other.example) is not for the host localhost but for"
                + " other.example. Look at the host name"),
        said);
  }

  @Test
  void namesTheCaThatIsNotTrusted() throws IOException {
    String other = said(server(CA.issue("localhost")), trusting(new Authority("Other")));
    assertTrue(
        other.startsWith(
            "the server's certificate (CN=localhost) is issued by CN=Test CA, which is not"
                + " trusted: it is not in ens.tls.truststore="),
        other);

    String javas = said(server(CA.issue("localhost")), new TlsMaterial());
    assertTrue(javas.contains("it is not in the CAs of Java (ens.tls.truststore is not"), javas);
    assertTrue(javas.endsWith("give that CA: set ens.tls.truststore"), javas);

    String namesake = said(server(CA.issue("localhost")), trusting(new Authority("Test CA")));
    assertTrue(namesake.contains("the CA of that name in ens.tls.truststore="), namesake);
    assertTrue(namesake.contains("has another key"), namesake);
  }

  @Test
  void saysThatTheServerSendsNoIntermediate() throws IOException {
    Authority middle = new Authority("Middle", CA, FROM, TO);
    Identity whole = middle.issue("localhost");
    Identity leaf = new Identity(whole.key(), whole.chain().subList(0, 1));
    String said = said(server(leaf), client());

    assertTrue(said.contains("is issued by CN=Middle, which is not trusted"), said);
    assertTrue(said.contains("and the server sends no certificate of it"), said);
  }

  @Test
  void saysThatAServersCertificateIsSelfSigned() throws IOException {
    Authority self = new Authority("localhost");
    String said = said(server(self.self()), client());

    assertTrue(said.startsWith("the server's certificate (CN=localhost) is self-signed"), said);
  }

  @Test
  void saysWhenTheServerSpeaksNoTls() throws IOException {
    String said = said(TlsServer.plain(), client());

    assertTrue(said.startsWith("the server does not speak TLS on this port"), said);
  }

  @Test
  void saysWhenTheServerHangsUp() throws IOException {
    String said = said(TlsServer.silent(), client());

    assertTrue(said.startsWith("the server closed the connection during the TLS handshake"), said);
  }

  @Test
  void saysWhichVersionsAreOfferedToAServerOfOthers() throws IOException {
    TlsMaterial tls = client();
    tls.setProtocols("TLSv1.3");
    String said = said(TlsServer.with(CA.server(CA.issue("localhost")), false, "TLSv1.2"), tls);

    assertEquals(
        "no TLS version in common (protocol_version), offered: TLSv1.3. Look at"
            + " ens.tls.protocols, or have the server updated",
        said);
  }

  @Test
  void isSilentOnWhatIsNoFailureOfTls() {
    assertTrue(client().explain(new IOException("disk full")).isEmpty());
  }

  private static TlsServer server(Identity identity) {
    return TlsServer.with(CA.server(identity), false);
  }

  private static String said(TlsServer server, TlsMaterial tls) throws IOException {
    try (server) {
      IOException failure = assertThrows(IOException.class, () -> server.reach(tls, "localhost"));
      return tls.explain(failure)
          .orElseThrow(() -> new AssertionError("not explained", failure))
          .text();
    }
  }

  private TlsMaterial client() {
    TlsMaterial tls = trusting(CA);
    Path file = Authority.keystore(dir.resolve("me.p12"), "PKCS12", CA.issue("me"), "x");
    tls.setKeystore(file.toString());
    tls.setKeystorePassword("x");
    return tls;
  }

  private TlsMaterial trusting(Authority authority) {
    TlsMaterial tls = new TlsMaterial();
    tls.setTruststore(Authority.pem(dir.resolve("ca.pem"), authority.certificate()).toString());
    return tls;
  }
}
