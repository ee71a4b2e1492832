package io.ensrelay.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The certificates and private keys of a file of any format. Their order has no meaning.
 *
 * @param certificates all certificates
 * @param trusted the certificates that a trust store with this content trusts
 * @param others the kinds of everything else in the file, as PEM titles such as {@code PUBLIC KEY}
 */
record CertificateContent(
    List<X509Certificate> certificates,
    List<X509Certificate> trusted,
    List<Key> keys,
    Set<String> others) {
  private static final byte[] PROBE = {1, 2, 3};

  CertificateContent {
    certificates = List.copyOf(new LinkedHashSet<>(certificates));
    trusted = List.copyOf(new LinkedHashSet<>(trusted));
    keys = List.copyOf(keys);
    others = new LinkedHashSet<>(others);
  }

  /**
   * A private key with its name in the file.
   *
   * @param alias empty if the format has no names
   */
  record Key(Optional<String> alias, PrivateKey key) {
    /** Omits the key. */
    @Override
    public String toString() {
      return "Key[" + alias.orElse("") + "]";
    }
  }

  /**
   * Returns each key with its certificate, found by trying, and in order those of its issuers.
   *
   * @param more certificates from elsewhere that may complete a chain
   */
  List<Identity> identities(List<X509Certificate> more) {
    List<X509Certificate> pool = new ArrayList<>(certificates);
    pool.addAll(more);
    List<Identity> identities = new ArrayList<>();
    for (Key key : keys) {
      for (X509Certificate certificate : certificates) {
        if (belongTogether(key.key(), certificate.getPublicKey())) {
          String alias = key.alias().orElseGet(() -> CertificateNames.common(certificate));
          identities.add(new Identity(alias, key.key(), chain(certificate, pool)));
        }
      }
    }
    return identities;
  }

  private static List<X509Certificate> chain(
      X509Certificate certificate, List<X509Certificate> pool) {
    List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
    Optional<X509Certificate> issuer = issuer(certificate, pool);
    while (issuer.filter(next -> !chain.contains(next)).isPresent()) {
      chain.add(issuer.get());
      issuer = issuer(issuer.get(), pool);
    }
    return chain;
  }

  /** Prefers, among certificates with the same name and key, the one valid longest. */
  private static Optional<X509Certificate> issuer(X509Certificate of, List<X509Certificate> pool) {
    return pool.stream()
        .filter(
            other -> !CertificateNames.isSelfIssued(of) && CertificateNames.isIssuedBy(of, other))
        .max(Comparator.comparing(X509Certificate::getNotAfter));
  }

  private static boolean belongTogether(PrivateKey key, PublicKey certified) {
    if (key instanceof RSAKey own && certified instanceof RSAKey other) {
      return own.getModulus().equals(other.getModulus());
    }
    try {
      Signature verifier = signature(key);
      verifier.initVerify(certified);
      verifier.update(PROBE);
      return verifier.verify(sign(key));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /**
   * Signs a test value with a key to find out whether Java can use the key.
   *
   * @throws GeneralSecurityException if Java can't use it
   */
  static byte[] sign(PrivateKey key) throws GeneralSecurityException {
    if (key instanceof RSAKey) {
      return new byte[0];
    }
    Signature signer = signature(key);
    signer.initSign(key);
    signer.update(PROBE);
    return signer.sign();
  }

  private static Signature signature(PrivateKey key) throws GeneralSecurityException {
    return Signature.getInstance(
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "DSA" -> "SHA256withDSA";
          default -> key.getAlgorithm();
        });
  }

  /** Omits the keys. */
  @Override
  public String toString() {
    return "CertificateContent[%s certificates, %s keys]"
        .formatted(certificates.size(), keys.size());
  }
}
