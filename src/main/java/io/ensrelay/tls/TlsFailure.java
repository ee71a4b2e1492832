package io.ensrelay.tls;

import io.ensrelay.tls.ClientKeys.Asked;
import java.io.EOFException;
import java.net.SocketException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.security.auth.x500.X500Principal;

/**
 * Explains a failed TLS handshake: which side is at fault and what to do.
 *
 * @param text the rest of a line
 * @param lasting true if another attempt soon is useless
 */
public record TlsFailure(String text, boolean lasting) {
  private static final Pattern ALERT = Pattern.compile("Received fatal alert: (\\w+)");

  /**
   * The connection that failed.
   *
   * @param prefix of the keys that set up the connection
   * @param protocols the TLS versions offered
   * @param configured the configured client certificate
   * @param asked the server's certificate request, if there was one
   */
  record Setting(
      String prefix, String protocols, Optional<Identity> configured, Optional<Asked> asked) {}

  /** Returns empty if this is not a TLS failure. */
  static Optional<TlsFailure> of(Throwable failure, Setting setting) {
    Optional<TlsFailure> found = Optional.empty();
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof UntrustedServerException) {
        return Optional.of(new TlsFailure(t.getMessage(), true));
      }
      if (isBrokenHandshake(t) && found.isEmpty()) {
        found = Optional.of(hungUp(setting));
      }
      if (t instanceof SSLException && found.isEmpty()) {
        found = ssl(String.valueOf(t.getMessage()), setting);
      }
    }
    return found;
  }

  private static Optional<TlsFailure> ssl(String message, Setting setting) {
    Matcher alert = ALERT.matcher(message);
    if (alert.find()) {
      return Optional.of(alert(alert.group(1), setting));
    }
    if (message.contains("protocol version") || message.contains("No appropriate protocol")) {
      return Optional.of(alert("protocol_version", setting));
    }
    if (message.contains("Unsupported or unrecognized SSL message")
        || message.contains("plaintext connection")) {
      return lasting(
          "the server does not speak TLS on this port, it answers in plain text: look at the port"
              + " and the scheme in the URL");
    }
    return message.contains("close_notify") || message.contains("terminated the handshake")
        ? Optional.of(hungUp(setting))
        : Optional.empty();
  }

  /** The end of the connection may be noticed before the server's alert is read. */
  private static boolean isBrokenHandshake(Throwable failure) {
    return (failure instanceof SocketException || failure instanceof EOFException)
        && Arrays.stream(failure.getStackTrace())
            .anyMatch(frame -> frame.getMethodName().equals("startHandshake"));
  }

  private static TlsFailure hungUp(Setting setting) {
    return new TlsFailure(
        "the server closed the connection during the TLS handshake without a reason. Perhaps "
            + setting
                .asked()
                .map(asked -> refused("", setting))
                .orElse(
                    "the port in the URL is of another service, something in between cut it, or it"
                        + " wants another client certificate ("
                        + keystore(setting)
                        + ")"),
        false);
  }

  private static TlsFailure alert(String alert, Setting setting) {
    String said = "the server ended the TLS handshake (" + alert + "): ";
    return switch (alert) {
      case "protocol_version" ->
          new TlsFailure(
              "no TLS version in common ("
                  + alert
                  + "), offered: "
                  + setting.protocols()
                  + ". Look at ens.tls.protocols, or have the server updated",
              true);
      case "unrecognized_name" ->
          new TlsFailure(
              said + "it does not know the host name. Look at the host name in the URL", true);
      case "handshake_failure", "insufficient_security" ->
          new TlsFailure(said + unnamed(setting), true);
      case "certificate_required" -> new TlsFailure(said + wanted(setting), true);
      case "unknown_ca",
          "bad_certificate",
          "certificate_unknown",
          "unsupported_certificate",
          "certificate_expired",
          "certificate_revoked",
          "access_denied",
          "decrypt_error" ->
          new TlsFailure(said + refused(alert, setting), true);
      case "internal_error" ->
          new TlsFailure(
              said
                  + "something went wrong within the server. Look at its log; it is no fault of"
                  + " the certificates here",
              false);
      default -> new TlsFailure(said + "look at the log of the server", false);
    };
  }

  /** The alert does not say whether versions, ciphers or certificates are at fault. */
  private static String unnamed(Setting setting) {
    if (setting.asked().isPresent() && setting.asked().get().sent().isEmpty()) {
      return wanted(setting);
    }
    String ciphers =
        "no cipher or key exchange in common, so have the server updated (offered: "
            + setting.protocols()
            + ")";
    return setting.asked().isPresent()
        ? ciphers + ", or " + refused("handshake_failure", setting)
        : ciphers + ", or it wants a client certificate, so look at " + keystore(setting);
  }

  private static String wanted(Setting setting) {
    return setting.configured().isEmpty()
        ? "it wants a client certificate, and there is none. Set " + keystore(setting)
        : "it wants a client certificate, but does not accept the kind of key of "
            + name(setting.configured().get())
            + " ("
            + setting.configured().get().key().getAlgorithm()
            + "). Give one with another kind of key in "
            + keystore(setting);
  }

  private static String refused(String alert, Setting setting) {
    Optional<Identity> sent = setting.asked().flatMap(Asked::sent).or(setting::configured);
    if (sent.isEmpty()) {
      return wanted(setting);
    }
    X509Certificate own = sent.get().certificate();
    String name = name(sent.get());
    return switch (alert) {
      case "certificate_expired" ->
          "our client certificate %s is expired for it: %s. Renew it (%s), or look at the clocks"
              .formatted(name, CertificateNames.dates(own), keystore(setting));
      case "certificate_revoked" ->
          "our client certificate %s is revoked. Get another (%s)"
              .formatted(name, keystore(setting));
      case "access_denied" ->
          "our client certificate %s is accepted, but not allowed to connect. The operator of the"
                  .formatted(name)
              + " server must allow it";
      case "unsupported_certificate" ->
          "our client certificate %s is of a kind that it does not take%s (%s)"
              .formatted(name, use(sent.get()), keystore(setting));
      default ->
          missing(sent.get(), setting)
              .orElseGet(
                  () ->
                      "it does not %s our client certificate %s, issued by %s%s. Check that %s is"
                              .formatted(
                                  alert.equals("unknown_ca") ? "know the CA of" : "accept",
                                  name,
                                  CertificateNames.issuer(own),
                                  use(sent.get()),
                                  keystore(setting))
                          + " the right one, and that the server trusts that CA");
    };
  }

  /**
   * Explains a gap between our certificate and the CAs that the server names. Without the issuer's
   * certificate, the issuer may be an intermediate CA or a root.
   */
  private static Optional<String> missing(Identity sent, Setting setting) {
    Optional<X500Principal> issuer = sent.missingIssuer();
    boolean isNamed =
        setting.asked().filter(asked -> sent.isIssuedByOneOf(asked.issuers())).isPresent();
    return issuer
        .filter(name -> !isNamed)
        .map(
            name ->
                "it does not accept our client certificate %s, and the certificate of %s, which"
                        .formatted(name(sent), CertificateNames.text(name))
                    + " issued it, is missing in "
                    + keystore(setting)
                    + ". If that is an intermediate CA, put its certificate into the file too; else"
                    + " look whether the file is the right one, and whether the server trusts that"
                    + " CA");
  }

  private static String use(Identity identity) {
    return identity.isFor(KeyUse.CLIENT)
        ? ""
        : ", which is not made for clients (extended key usage)";
  }

  private static String keystore(Setting setting) {
    return setting.prefix() + ".keystore";
  }

  private static String name(Identity identity) {
    return CertificateNames.subject(identity.certificate());
  }

  private static Optional<TlsFailure> lasting(String text) {
    return Optional.of(new TlsFailure(text, true));
  }
}
