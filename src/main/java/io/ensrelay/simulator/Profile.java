package io.ensrelay.simulator;

import java.util.List;

/**
 * The two products with this service, as far as a client can distinguish them: Neurons for MDM puts
 * the tenant in front of each topic; EPMM does not, and supports TLS 1.2 only. The vendor documents
 * both facts.
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

  /** Returns the TLS versions offered on both ports, with their JDK names. */
  public List<String> tlsProtocols() {
    return tlsProtocols;
  }

  /** Returns the full topic for a tail such as {@code device/check_in}. */
  public String topic(String tenant, String tail) {
    return this == NEURONS ? tenant + "/" + tail : tail;
  }
}
