package io.ensrelay.tls;

import java.util.Comparator;

/** What a key with its certificate is for. */
enum KeyUse {
  /** To be shown to a server. */
  CLIENT("client certificate", "1.3.6.1.5.5.7.3.2"),

  /** To be shown to those who call the relay. */
  SERVER("certificate", "1.3.6.1.5.5.7.3.1");

  /** What a certificate for it is called. */
  final String noun;

  /** The extended key usage that allows it. */
  final String oid;

  /** By what is preferred among several: the best is the last. */
  final Comparator<Identity> preference;

  KeyUse(String noun, String oid) {
    this.noun = noun;
    this.oid = oid;
    preference =
        Comparator.<Identity, Boolean>comparing(identity -> identity.isFor(this))
            .thenComparing(Identity::expires);
  }
}
