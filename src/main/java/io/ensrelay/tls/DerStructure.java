package io.ensrelay.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;

/** Recognizes the kind of a DER object by its outer structure. */
final class DerStructure {
  static final String PKCS12 = "PKCS12";
  static final String BCFKS = "BCFKS";

  /** The number of integers in a PKCS#1 RSA key. */
  private static final int RSA_NUMBERS = 9;

  private static final int SEQUENCE = 0x30;

  private DerStructure() {}

  /** Splits the content into its consecutive DER objects; empty if it is damaged. */
  static List<byte[]> parts(byte[] content) {
    List<byte[]> parts = new ArrayList<>();
    ByteArrayInputStream in = new ByteArrayInputStream(content);
    int from = 0;
    try {
      while (from < content.length && content[from] == SEQUENCE) {
        new ASN1InputStream(in).readObject();
        int to = content.length - in.available();
        parts.add(Arrays.copyOfRange(content, from, to));
        from = to;
      }
      return parts;
    } catch (IOException | RuntimeException e) {
      return List.of();
    }
  }

  /** Returns the PEM title, {@link #PKCS12} or {@link #BCFKS}; empty for anything else. */
  static Optional<String> kind(byte[] content) {
    try {
      return ASN1Primitive.fromByteArray(content) instanceof ASN1Sequence whole && whole.size() > 1
          ? Optional.ofNullable(kind(whole))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static String kind(ASN1Sequence whole) {
    ASN1Encodable first = whole.getObjectAt(0);
    if (first instanceof ASN1ObjectIdentifier type) {
      if (type.equals(CMSObjectIdentifiers.signedData)) {
        return "PKCS7";
      }
      return type.on(PKCSObjectIdentifiers.pkcs_7) ? "PKCS7 MESSAGE" : null;
    }
    if (first instanceof ASN1Integer) {
      return numbered(whole);
    }
    return first instanceof ASN1Sequence inner ? nested(whole, inner) : null;
  }

  private static String numbered(ASN1Sequence whole) {
    ASN1Encodable second = whole.getObjectAt(1);
    if (second instanceof ASN1OctetString) {
      return "EC PRIVATE KEY";
    }
    if (second instanceof ASN1Integer) {
      return whole.size() == RSA_NUMBERS ? "RSA PRIVATE KEY" : null;
    }
    if (whole.size() > 2 && whole.getObjectAt(2) instanceof ASN1OctetString) {
      return "PRIVATE KEY";
    }
    return second instanceof ASN1Sequence content
            && content.getObjectAt(0) instanceof ASN1ObjectIdentifier
        ? PKCS12
        : null;
  }

  private static String nested(ASN1Sequence whole, ASN1Sequence inner) {
    ASN1Encodable second = whole.getObjectAt(1);
    if (second instanceof ASN1BitString) {
      return "PUBLIC KEY";
    }
    if (second instanceof ASN1OctetString) {
      return "ENCRYPTED PRIVATE KEY";
    }
    if (whole.size() == 2 && second instanceof ASN1Sequence) {
      return BCFKS;
    }
    return whole.size() == 3 && whole.getObjectAt(2) instanceof ASN1BitString
        ? signed(inner)
        : null;
  }

  /** A request has at most four fields; a revocation list has a date at index 2 or 3. */
  private static String signed(ASN1Sequence inner) {
    if (inner.size() <= 4) {
      return "CERTIFICATE REQUEST";
    }
    boolean sequences =
        inner.getObjectAt(2) instanceof ASN1Sequence
            && inner.getObjectAt(3) instanceof ASN1Sequence;
    return sequences ? "CERTIFICATE" : "X509 CRL";
  }
}
