package io.ensrelay.simulator;

import java.util.List;

/**
 * The two products that offer the service, as far as a client can tell them apart: Neurons for MDM
 * puts the tenant in front of each topic, EPMM does not and speaks TLS 1.2 only (both documented by
 * the vendor).
 */
public enum Profile {
  /** Ivanti Neurons for MDM, the cloud: topics {@code <tenant>/device/...}, TLS 1.2 and 1.3. */
  NEURONS(List.of("TLSv1.2", "TLSv1.3")),
  /** Ivanti EPMM, on premises: topics {@code device/...}, TLS 1.2. */
  EPMM(List.of("TLSv1.2"));

  private final List<String> tlsProtocols;

  Profile(List<String> tlsProtocols) {
    this.tlsProtocols = tlsProtocols;
  }

  /** The TLS versions offered on both ports, as the JDK names them. */
  public List<String> tlsProtocols() {
    return tlsProtocols;
  }

  /** The full topic of a tail such as {@code device/check_in}. */
  public String topic(String tenant, String tail) {
    return this == NEURONS ? tenant + "/" + tail : tail;
  }
}
