package io.ensrelay.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the client certificate for a server that asks for one: among several, the certificate
 * whose issuer the server names, else the preferred one.
 *
 * <p>Sends a certificate even if the server names none of its issuers, where the JVM's key manager
 * would send none: a server may name only its root CA but also accept the intermediate CA. When the
 * relay is itself the server, it shows the preferred certificate. Threads: safe.
 */
final class ClientKeys extends X509ExtendedKeyManager {
  private static final Logger LOG = LoggerFactory.getLogger(ClientKeys.class);

  private final String file;
  private final String aliasKey;
  private final List<Identity> identities;
  private volatile Optional<Asked> asked = Optional.empty();
  private volatile String said = "";

  /**
   * A server's certificate request and the certificate sent.
   *
   * @param issuers the names of the CAs that the server accepts; empty: it named none
   * @param sent empty if there is no certificate, or none whose kind of key the server accepts
   */
  record Asked(List<X500Principal> issuers, Optional<Identity> sent) {
    Asked {
      issuers = List.copyOf(issuers);
    }
  }

  /**
   * @param file the setting with its value, for the log
   * @param aliasKey the setting that chooses among several identities
   * @param identities the preferred one first
   */
  ClientKeys(String file, String aliasKey, List<Identity> identities) {
    this.file = file;
    this.aliasKey = aliasKey;
    this.identities = List.copyOf(identities);
  }

  /** Returns the certificate sent last, or the preferred one if none was sent yet. */
  Optional<Identity> current() {
    return asked.flatMap(Asked::sent).or(() -> identities.stream().findFirst());
  }

  /** Returns the last certificate request of a server. */
  Optional<Asked> asked() {
    return asked;
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return choose(List.of(keyTypes), issuers);
  }

  @Override
  public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
    return choose(List.of(keyTypes), issuers);
  }

  private String choose(List<String> keyTypes, Principal[] issuers) {
    List<X500Principal> names =
        Arrays.stream(issuers == null ? new Principal[0] : issuers)
            .filter(X500Principal.class::isInstance)
            .map(X500Principal.class::cast)
            .toList();
    List<Identity> usable =
        identities.stream().filter(own -> keyTypes.contains(own.key().getAlgorithm())).toList();
    Optional<Identity> named =
        usable.stream().filter(own -> own.isIssuedByOneOf(names)).findFirst();
    Optional<Identity> sent = named.or(() -> usable.stream().findFirst());
    asked = Optional.of(new Asked(names, sent));
    sent.filter(own -> identities.size() > 1)
        .ifPresent(own -> say(own, named.isPresent(), names.isEmpty()));
    return sent.map(own -> String.valueOf(identities.indexOf(own))).orElse(null);
  }

  private void say(Identity sent, boolean isNamed, boolean isAnyWelcome) {
    String line =
        "%s holds %s client certificates; the relay uses %s (alias %s), because %s"
            .formatted(
                file,
                identities.size(),
                CertificateNames.subject(sent.certificate()),
                CertificateNames.printable(sent.alias()),
                isNamed
                    ? "the server asks for a certificate of this issuer"
                    : (isAnyWelcome
                            ? "it is the best of them and the server names no issuer"
                            : "it is the best of them and the server names none of their issuers")
                        + "; "
                        + aliasKey
                        + " chooses another");
    if (!line.equals(said)) {
      said = line;
      LOG.info(line);
    }
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identities.get(Integer.parseInt(alias)).chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identities.get(Integer.parseInt(alias)).key();
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return null;
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return null;
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return chooseForServer(keyType);
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return chooseForServer(keyType);
  }

  /** Always chooses the preferred one, so that the file alone determines the certificate shown. */
  private String chooseForServer(String keyType) {
    return identities.stream()
        .limit(1)
        .filter(own -> own.key().getAlgorithm().equals(keyType))
        .map(own -> "0")
        .findFirst()
        .orElse(null);
  }

  /** Omits the keys. */
  @Override
  public String toString() {
    return "ClientKeys" + identities;
  }
}
