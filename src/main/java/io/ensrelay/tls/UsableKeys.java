package io.ensrelay.tls;

import io.ensrelay.base.ConfigurationException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The usable keys of a keystore: those with the alias, if it is set, whose certificates are valid
 * now.
 *
 * @param prefix of the keys of the settings
 */
record UsableKeys(
    String prefix, KeyUse use, String keystore, Optional<String> password, Optional<String> alias) {
  private static final int MOST_NAMED = 10;

  /** Returns the usable keys of the file, the preferred one first. */
  List<Identity> identities(List<X509Certificate> authorities) {
    CertificateFile file = new CertificateFile(prefix + ".keystore", keystore, password);
    List<Identity> all = chosen(file.identities(use, authorities));
    Instant now = Instant.now();
    List<Identity> valid = all.stream().filter(each -> each.isValidAt(now)).toList();
    if (valid.isEmpty()) {
      throw invalid(Collections.max(all, use.preference), now);
    }
    return valid.stream().sorted(use.preference.reversed()).toList();
  }

  private List<Identity> chosen(List<Identity> all) {
    if (alias.isEmpty()) {
      return all;
    }
    List<Identity> chosen =
        all.stream().filter(each -> each.alias().equalsIgnoreCase(alias.get())).toList();
    if (chosen.isEmpty()) {
      String names =
          all.stream()
              .map(Identity::alias)
              .distinct()
              .limit(MOST_NAMED)
              .map(CertificateNames::printable)
              .collect(Collectors.joining(", "));
      throw new ConfigurationException(
          prefix + ".key-alias",
          alias.get(),
          keystore + " has no key of that name",
          "give one of: " + names);
    }
    return chosen;
  }

  private ConfigurationException invalid(Identity identity, Instant now) {
    boolean isOver = now.isAfter(identity.expires());
    return new ConfigurationException(
        prefix + ".keystore",
        keystore,
        isOver
            ? "expired at " + identity.expires()
            : "is not valid before " + identity.certificate().getNotBefore().toInstant(),
        isOver ? "renew the " + use.noun : "wait, or correct the clock of this machine");
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "UsableKeys[" + keystore + "]";
  }
}
