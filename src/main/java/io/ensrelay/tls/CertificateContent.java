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
 * What a file holds, whatever its format: certificates and private keys, in no order that says
 * anything.
 *
 * @param certificates all of them
 * @param trusted those that a trust store of this content trusts
 * @param others the kinds of other things in it, in words of PEM, such as {@code PUBLIC KEY}
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
   * @param alias empty where the format has no names
   */
  record Key(Optional<String> alias, PrivateKey key) {
    /** Without the key. */
    @Override
    public String toString() {
      return "Key[" + alias.orElse("") + "]";
    }
  }

  /**
   * Each key with its certificate, found by trying, and the certificates of its issuers in order.
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

  /** Of several with the same name and key, the one that is valid for longest. */
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
   * Signs something with a key, which tells whether Java can.
   *
   * @throws GeneralSecurityException if it can't
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

  /** Without the keys. */
  @Override
  public String toString() {
    return "CertificateContent[%s certificates, %s keys]"
        .formatted(certificates.size(), keys.size());
  }
}
