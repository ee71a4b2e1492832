package io.ensrelay.simulator;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;

/**
 * Decides who has the CPS role: here every client certificate, except those with the common name
 * below. The real service asks for a user with that role.
 */
final class CpsRole {
  /** The common name of a client whose user does not have the role. */
  static final String NAME_WITHOUT = "ens-no-cps-role";

  private CpsRole() {}

  static boolean isHeldBy(Certificate[] chain) {
    return !(chain[0] instanceof X509Certificate certificate)
        || !certificate.getSubjectX500Principal().getName().equals("CN=" + NAME_WITHOUT);
  }
}
