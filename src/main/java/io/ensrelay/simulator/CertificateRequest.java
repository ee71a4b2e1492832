package io.ensrelay.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * The requested content of a certificate.
 *
 * @param commonName the CN of the subject
 * @param alternativeNames the host names and IP addresses it is valid for
 * @param usage the end of a connection it is for
 * @param from start of its validity; may be in the future
 * @param until end of its validity; may be in the past, to test an expired certificate
 */
public record CertificateRequest(
    String commonName, List<String> alternativeNames, Usage usage, Instant from, Instant until) {

  /** The end of a connection that a certificate is for. */
  public enum Usage {
    CLIENT,
    SERVER
  }

  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final Duration YEAR = Duration.ofDays(365);

  public CertificateRequest {
    Objects.requireNonNull(commonName, "commonName");
    Objects.requireNonNull(usage, "usage");
    alternativeNames = List.copyOf(alternativeNames);
    if (!from.isBefore(until)) {
      throw new IllegalArgumentException("until: %s must be after from, %s".formatted(until, from));
    }
  }

  /** Requests a client certificate, valid for a year from now. */
  public static CertificateRequest client(String commonName) {
    Instant now = Instant.now();
    return new CertificateRequest(
        commonName, List.of(), Usage.CLIENT, now.minus(CLOCK_SKEW), now.plus(YEAR));
  }

  /** Requests a server certificate for these hosts and addresses, valid for a year from now. */
  public static CertificateRequest server(String commonName, String... alternativeNames) {
    Instant now = Instant.now();
    return new CertificateRequest(
        commonName, List.of(alternativeNames), Usage.SERVER, now.minus(CLOCK_SKEW), now.plus(YEAR));
  }

  /** Returns the same request with another validity. */
  public CertificateRequest valid(Instant newFrom, Instant newUntil) {
    return new CertificateRequest(commonName, alternativeNames, usage, newFrom, newUntil);
  }
}
