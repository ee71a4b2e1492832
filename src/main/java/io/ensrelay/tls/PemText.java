package io.ensrelay.tls;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.X509TrustedCertificateBlock;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * Reads a PEM file: certificates, also as PKCS#7, and private keys (PKCS#8, PKCS#1, EC), in any
 * order, with any text around them.
 */
final class PemText {
  private static final String BEGIN = "-----BEGIN ";
  private static final Pattern TITLE = Pattern.compile("-----(BEGIN|END) [^-\r\n]+-----");
  private static final Set<String> CERTIFICATES =
      Set.of("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS");
  private static final Set<String> KEYS =
      Set.of(
          "PRIVATE KEY",
          "ENCRYPTED PRIVATE KEY",
          "RSA PRIVATE KEY",
          "EC PRIVATE KEY",
          "DSA PRIVATE KEY");

  private final KeyDecryption unlock;
  private final boolean withKeys;
  private final List<X509Certificate> certificates = new ArrayList<>();
  private final List<CertificateContent.Key> keys = new ArrayList<>();
  private final Set<String> others = new LinkedHashSet<>();

  private PemText(KeyDecryption unlock, boolean withKeys) {
    this.unlock = unlock;
    this.withKeys = withKeys;
  }

  /**
   * Returns the normalized text of a PEM file; empty for other files. Accepts UTF-8 and UTF-16,
   * joined lines, and {@code \\n} as line ends, as in secrets passed in JSON.
   */
  static Optional<String> of(byte[] content) {
    return Optional.of(new String(content, charset(content)).replace("\uFEFF", ""))
        .filter(text -> text.contains(BEGIN))
        .map(text -> text.replace("\\r", "").replace("\\n", "\n"))
        .map(text -> TITLE.matcher(text).replaceAll("\n$0\n"))
        .map(
            text ->
                text.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .collect(Collectors.joining("\n", "", "\n")));
  }

  static CertificateContent parse(String text, KeyDecryption unlock, boolean withKeys)
      throws IOException, GeneralSecurityException {
    PemText pem = new PemText(unlock, withKeys);
    try (PEMParser parser = pem.parser(new StringReader(text))) {
      for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
        pem.add(part);
      }
    } catch (CMSException e) {
      throw new IOException(e);
    }
    return pem.content();
  }

  /**
   * Parses DER objects in the same way.
   *
   * @param kind the kind that {@link DerStructure} recognized for the first
   */
  static CertificateContent parse(
      String kind, List<byte[]> parts, KeyDecryption unlock, boolean withKeys)
      throws IOException, GeneralSecurityException {
    StringBuilder text = new StringBuilder();
    for (byte[] der : parts) {
      text.append(BEGIN).append(kind).append("-----\n");
      text.append(Base64.getMimeEncoder().encodeToString(der));
      text.append("\n-----END ").append(kind).append("-----\n");
    }
    return parse(text.toString(), unlock, withKeys);
  }

  private CertificateContent content() {
    return new CertificateContent(certificates, certificates, keys, others);
  }

  private static Charset charset(byte[] content) {
    if (content.length > 1 && (content[1] == 0 || (content[0] & 0xFF) == 0xFF)) {
      return StandardCharsets.UTF_16LE;
    }
    return content.length > 1 && (content[0] == 0 || (content[0] & 0xFF) == 0xFE)
        ? StandardCharsets.UTF_16BE
        : StandardCharsets.UTF_8;
  }

  /** Prefers the content of a block when its title contradicts it, and skips unknown blocks. */
  private PEMParser parser(Reader text) {
    return new PEMParser(text) {
      @Override
      public PemObject readPemObject() throws IOException {
        for (PemObject block = super.readPemObject(); ; block = super.readPemObject()) {
          if (block == null) {
            return null;
          }
          String kind = kind(block);
          if (CERTIFICATES.contains(kind) || (withKeys && KEYS.contains(kind))) {
            return new PemObject(kind, block.getHeaders(), block.getContent());
          }
          others.add(kind);
        }
      }
    };
  }

  private static String kind(PemObject block) {
    return block.getHeaders().isEmpty() && !block.getType().startsWith("OPENSSH")
        ? DerStructure.kind(block.getContent()).orElse(block.getType())
        : block.getType();
  }

  private void add(Object part) throws GeneralSecurityException, CMSException {
    if (part instanceof X509CertificateHolder certificate) {
      add(certificate);
    } else if (part instanceof X509TrustedCertificateBlock trusted) {
      add(trusted.getCertificateHolder());
    } else if (part instanceof ContentInfo signed) {
      for (X509CertificateHolder each :
          new CMSSignedData(signed).getCertificates().getMatches(null)) {
        add(each);
      }
    } else {
      keys.add(new CertificateContent.Key(Optional.empty(), key(part)));
    }
  }

  private void add(X509CertificateHolder certificate) throws GeneralSecurityException {
    certificates.add(new JcaX509CertificateConverter().getCertificate(certificate));
  }

  private PrivateKey key(Object part) throws GeneralSecurityException {
    if (part instanceof PEMEncryptedKeyPair encrypted) {
      return unlock.key(encrypted);
    }
    if (part instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
      return unlock.key(encrypted);
    }
    return KeyDecryption.key(
        part instanceof PEMKeyPair pair ? pair.getPrivateKeyInfo() : (PrivateKeyInfo) part);
  }
}
