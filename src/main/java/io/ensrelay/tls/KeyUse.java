package io.ensrelay.tls;

import java.util.Comparator;

/** The purpose of a key with its certificate. */
enum KeyUse {
  /** Shown to a server. */
  CLIENT("client certificate", "1.3.6.1.5.5.7.3.2"),

  /** Shown to the clients of the relay. */
  SERVER("certificate", "1.3.6.1.5.5.7.3.1");

  /** The name of such a certificate in messages. */
  final String noun;

  /** The extended key usage that allows it. */
  final String oid;

  /** Sorts several identities, the best one last. */
  final Comparator<Identity> preference;

  KeyUse(String noun, String oid) {
    this.noun = noun;
    this.oid = oid;
    preference =
        Comparator.<Identity, Boolean>comparing(identity -> identity.isFor(this))
            .thenComparing(Identity::expires);
  }
}
