package io.ensrelay.destination;

import io.ensrelay.tls.TlsMaterial;
import java.util.Optional;

/**
 * Where the certificates for a broker are.
 *
 * @param keystore with the client certificate
 * @param truststore with the CAs to trust
 * @param protocols TLS versions to offer, separated by commas
 */
record CertificateFiles(
    Optional<String> keystore,
    Optional<String> keystorePassword,
    Optional<String> truststore,
    Optional<String> truststorePassword,
    String protocols) {

  static final CertificateFiles NONE =
      new CertificateFiles(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "TLSv1.2,TLSv1.3");

  boolean areGiven() {
    return keystore.isPresent() || truststore.isPresent();
  }

  /**
   * @param prefix of the keys that messages name
   */
  TlsMaterial material(String prefix) {
    TlsMaterial tls = new TlsMaterial();
    tls.setPrefix(prefix);
    tls.setKeystore(keystore.orElse(""));
    tls.setKeystorePassword(keystorePassword.orElse(""));
    tls.setTruststore(truststore.orElse(""));
    tls.setTruststorePassword(truststorePassword.orElse(""));
    tls.setProtocols(protocols);
    return tls;
  }

  /** Omits the passwords. */
  @Override
  public String toString() {
    return "keystore=" + keystore.orElse("") + ", truststore=" + truststore.orElse("");
  }
}
