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
 * The client certificate for a server that asks for one: of several, that whose issuer the server
 * names, else the preferred one.
 *
 * <p>It is sent even when the server names none of its issuers, where the JVM's own would send
 * none: a server may name its root only, and know the intermediate all the same. Where the relay is
 * the server itself, it shows the preferred one. Threads: safe.
 */
final class ClientKeys extends X509ExtendedKeyManager {
  private static final Logger LOG = LoggerFactory.getLogger(ClientKeys.class);

  private final String file;
  private final String aliasKey;
  private final List<Identity> identities;
  private volatile Optional<Asked> asked = Optional.empty();
  private volatile String said = "";

  /**
   * What a server asked for, and what it got.
   *
   * @param issuers the names of the CAs it takes certificates of; empty: it named none
   * @param sent empty: there is none, or none with a kind of key that it takes
   */
  record Asked(List<X500Principal> issuers, Optional<Identity> sent) {
    Asked {
      issuers = List.copyOf(issuers);
    }
  }

  /**
   * @param file the setting with its value, for the log
   * @param aliasKey the setting that chooses
   * @param identities the preferred one first
   */
  ClientKeys(String file, String aliasKey, List<Identity> identities) {
    this.file = file;
    this.aliasKey = aliasKey;
    this.identities = List.copyOf(identities);
  }

  /** The one that was sent last; before that the preferred one. */
  Optional<Identity> current() {
    return asked.flatMap(Asked::sent).or(() -> identities.stream().findFirst());
  }

  /** By the last server that asked for a certificate. */
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
        "%s holds %s client certificates, used is %s (alias %s): %s"
            .formatted(
                file,
                identities.size(),
                CertificateNames.subject(sent.certificate()),
                CertificateNames.printable(sent.alias()),
                isNamed
                    ? "the server asks for one of its issuer"
                    : (isAnyWelcome
                            ? "the server does not say of which issuer"
                            : "the server names none of their issuers")
                        + "; another is chosen with "
                        + aliasKey);
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

  /** Always the preferred one, so that who knows the file knows which one a server shows. */
  private String chooseForServer(String keyType) {
    return identities.stream()
        .limit(1)
        .filter(own -> own.key().getAlgorithm().equals(keyType))
        .map(own -> "0")
        .findFirst()
        .orElse(null);
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "ClientKeys" + identities;
  }
}
