package io.ensrelay.simulator;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.simulator.CertificateRequest.Usage;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/**
 * A certificate authority for simulations and tests: it issues any certificate requested, even an
 * expired or misnamed one. Keys are EC P-256, signatures SHA-256 with ECDSA. Clients that trust one
 * authority do not know another.
 *
 * <p>Threads: safe.
 */
public final class CertificateAuthority {
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final Duration TEN_YEARS = Duration.ofDays(3650);
  private static final String ALIAS = "ca";

  private final IssuedCertificate own;
  private final SecureRandom random = new SecureRandom();

  CertificateAuthority(IssuedCertificate own) {
    this.own = Objects.requireNonNull(own, "own");
  }

  /** Creates an authority with a new key, valid for ten years. */
  public static CertificateAuthority create(String commonName) {
    Instant now = Instant.now();
    return create(commonName, now.minus(CLOCK_SKEW), now.plus(TEN_YEARS));
  }

  /** Creates an authority with a new key and this validity. */
  public static CertificateAuthority create(String commonName, Instant from, Instant until) {
    try {
      KeyPair keys = newKeys();
      X500Name name = nameOf(commonName);
      JcaX509v3CertificateBuilder builder =
          builder(name, new SecureRandom(), from, until, name, keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      X509Certificate certificate = sign(builder, keys.getPrivate());
      return new CertificateAuthority(
          new IssuedCertificate(keys.getPrivate(), List.of(certificate)));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException("No certificate authority could be made: " + e, e);
    }
  }

  /** Issues a new key with a certificate for it, signed by this authority. */
  public IssuedCertificate issue(CertificateRequest request) {
    try {
      KeyPair keys = newKeys();
      JcaX509v3CertificateBuilder builder =
          builder(
              X500Name.getInstance(certificate().getSubjectX500Principal().getEncoded()),
              random,
              request.from(),
              request.until(),
              nameOf(request.commonName()),
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, purposeOf(request.usage()));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate()));
      if (!request.alternativeNames().isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName, false, namesOf(request.alternativeNames()));
      }
      return new IssuedCertificate(
          keys.getPrivate(), List.of(sign(builder, own.key()), certificate()));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(
          "No certificate could be made for %s: %s".formatted(request.commonName(), e), e);
    }
  }

  /** Returns the authority's own certificate, the one to trust. */
  public X509Certificate certificate() {
    return own.certificate();
  }

  /** Returns the authority's own key and certificate. */
  IssuedCertificate own() {
    return own;
  }

  /** Writes the authority's certificate, without its key, as a PKCS#12 trust store. */
  public void writeTruststore(Path file, String password) throws IOException {
    try {
      KeyStore store = IssuedCertificate.emptyPkcs12();
      store.setCertificateEntry(ALIAS, certificate());
      IssuedCertificate.write(store, file, password);
    } catch (GeneralSecurityException e) {
      throw new IOException("%s: could not be written: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Writes the authority's certificate, without its key, as PEM. */
  public void writePem(Path file) throws IOException {
    AtomicFile.replace(file, Pem.of(certificate()).getBytes(StandardCharsets.US_ASCII));
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Name issuer,
      SecureRandom random,
      Instant from,
      Instant until,
      X500Name subject,
      PublicKey key)
      throws GeneralSecurityException, IOException {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer, new BigInteger(127, random), Date.from(from), Date.from(until), subject, key);
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
    return builder;
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  private static X500Name nameOf(String commonName) {
    return new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
  }

  private static ExtendedKeyUsage purposeOf(Usage usage) {
    return new ExtendedKeyUsage(
        usage == Usage.SERVER ? KeyPurposeId.id_kp_serverAuth : KeyPurposeId.id_kp_clientAuth);
  }

  private static GeneralNames namesOf(List<String> names) {
    return new GeneralNames(
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        IPAddress.isValid(name) ? GeneralName.iPAddress : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }
}
