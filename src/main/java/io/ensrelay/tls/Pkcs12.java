package io.ensrelay.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS12SafeBag;
import org.bouncycastle.pkcs.PKCS12SafeBagFactory;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * Reads PKCS#12 files written by openssl, Windows or Java, with any encryption or none.
 *
 * <p>Java's own reader hides certificates that Java did not mark as trusted, does not support all
 * encryptions, and supports only ASCII passwords.
 */
final class Pkcs12 {
  /** The attribute by which Java marks the certificates of a trust store. */
  private static final ASN1ObjectIdentifier TRUSTED =
      new ASN1ObjectIdentifier("2.16.840.1.113894.746875.1.1");

  private final KeyDecryption unlock;
  private final boolean withKeys;
  private final List<X509Certificate> certificates = new ArrayList<>();
  private final List<X509Certificate> marked = new ArrayList<>();
  private final List<CertificateContent.Key> keys = new ArrayList<>();
  private boolean keyed;

  private Pkcs12(KeyDecryption unlock, boolean withKeys) {
    this.unlock = unlock;
    this.withKeys = withKeys;
  }

  /**
   * @param withKeys whether to read the private keys; they may be the only encrypted part
   */
  static CertificateContent read(byte[] content, KeyDecryption unlock, boolean withKeys)
      throws IOException, GeneralSecurityException {
    PKCS12PfxPdu file = new PKCS12PfxPdu(content);
    if (!unlock.opens(file)) {
      throw new KeyDecryption.WrongPassword();
    }
    Pkcs12 read = new Pkcs12(unlock, withKeys);
    for (ContentInfo part : file.getContentInfos()) {
      for (PKCS12SafeBag bag : read.bags(part)) {
        read.add(bag);
      }
    }
    return new CertificateContent(
        read.certificates,
        read.keyed ? read.marked : read.certificates,
        read.keys,
        read.keyed ? Set.of("PRIVATE KEY") : Set.of());
  }

  private PKCS12SafeBag[] bags(ContentInfo part) throws GeneralSecurityException {
    return part.getContentType().equals(PKCSObjectIdentifiers.encryptedData)
        ? unlock.open(decryptor -> new PKCS12SafeBagFactory(part, decryptor).getSafeBags())
        : new PKCS12SafeBagFactory(part).getSafeBags();
  }

  private void add(PKCS12SafeBag bag) throws GeneralSecurityException {
    Object value = bag.getBagValue();
    if (value instanceof X509CertificateHolder holder) {
      X509Certificate certificate = new JcaX509CertificateConverter().getCertificate(holder);
      certificates.add(certificate);
      if (attribute(bag, TRUSTED).isPresent()) {
        marked.add(certificate);
      }
    } else if (value instanceof PrivateKeyInfo info) {
      keyed = true;
      if (withKeys) {
        keys.add(new CertificateContent.Key(alias(bag), KeyDecryption.key(info)));
      }
    } else if (value instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
      keyed = true;
      if (withKeys) {
        keys.add(new CertificateContent.Key(alias(bag), unlock.key(encrypted)));
      }
    }
  }

  private static Optional<String> alias(PKCS12SafeBag bag) {
    return attribute(bag, PKCS12SafeBag.friendlyNameAttribute)
        .map(attribute -> attribute.getAttrValues().getObjectAt(0))
        .filter(ASN1String.class::isInstance)
        .map(name -> ((ASN1String) name).getString())
        .filter(name -> !name.isBlank());
  }

  private static Optional<Attribute> attribute(PKCS12SafeBag bag, ASN1ObjectIdentifier type) {
    return Optional.ofNullable(bag.getAttributes()).stream()
        .flatMap(Arrays::stream)
        .filter(attribute -> attribute.getAttrType().equals(type))
        .findFirst();
  }
}
