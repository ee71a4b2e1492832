package io.ensrelay.tls;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Describes a file without certificates: the rest of a sentence that begins with its name. */
final class FileTypeHint {
  private static final int LOOKED_AT = 512;
  private static final int MOST_NAMED = 5;

  private FileTypeHint() {}

  /**
   * @param der the kind that {@link DerStructure} recognized
   */
  static String of(byte[] content, Optional<String> der) {
    if (der.filter(DerStructure.BCFKS::equals).isPresent()) {
      return "is a BCFKS keystore (or something else in DER), which is not read here: convert it"
          + " with keytool -importkeystore -deststoretype PKCS12";
    }
    if (content[0] == 0) {
      return "is not a keystore, or one in a format that is not read here, such as BKS";
    }
    String text = start(content);
    if (text.startsWith("putty-user-key-file")) {
      return "is a PuTTY key, which is for SSH";
    }
    if (text.matches("(?s)(ssh-|ecdsa-sha2-|sk-ssh-|---- begin ssh2).*")) {
      return "is an SSH public key";
    }
    if (text.startsWith("<")) {
      return "is a web page or XML, not a keystore: perhaps a download that needed a login";
    }
    if (text.startsWith("mii")) {
      return "is not a keystore: base64 without its lines -----BEGIN ...----- and -----END ...-----";
    }
    return "is not a keystore";
  }

  /**
   * @param kinds PEM titles
   */
  static String of(Collection<String> kinds) {
    if (kinds.isEmpty()) {
      return "has no certificate and no private key in it";
    }
    return "holds no certificate, only "
        + kinds.stream()
            .limit(MOST_NAMED)
            .map(FileTypeHint::words)
            .collect(Collectors.joining(", "));
  }

  private static String words(String kind) {
    return switch (kind) {
      case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST" ->
          "a certificate request (CSR), from which the CA makes the certificate";
      case "PUBLIC KEY", "RSA PUBLIC KEY" -> "a public key";
      case "OPENSSH PRIVATE KEY" -> "an SSH key";
      case "SSH2 PUBLIC KEY" -> "an SSH public key";
      case "PKCS7 MESSAGE" -> "an encrypted message";
      case "X509 CRL" -> "a revocation list";
      case "EC PARAMETERS", "DH PARAMETERS" -> "parameters";
      case "PGP PUBLIC KEY BLOCK", "PGP PRIVATE KEY BLOCK", "PGP MESSAGE" -> "PGP data";
      default -> kind.endsWith("PRIVATE KEY") ? "a private key" : CertificateNames.printable(kind);
    };
  }

  private static String start(byte[] content) {
    int length = Math.min(content.length, LOOKED_AT);
    return new String(content, 0, length, StandardCharsets.UTF_8)
        .replace("\uFEFF", "")
        .strip()
        .toLowerCase(Locale.ROOT);
  }
}
