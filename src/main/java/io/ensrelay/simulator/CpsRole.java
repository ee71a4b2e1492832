package io.ensrelay.simulator;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;

/**
 * Who may use the service: in reality a user with the CPS role, here every certificate but those
 * whose common name says otherwise.
 */
final class CpsRole {
  /** The common name of a client whose user does not hold the role. */
  static final String NAME_WITHOUT = "ens-no-cps-role";

  private CpsRole() {}

  static boolean isHeldBy(Certificate[] chain) {
    return !(chain[0] instanceof X509Certificate certificate)
        || !certificate.getSubjectX500Principal().getName().equals("CN=" + NAME_WITHOUT);
  }
}
