package io.ensrelay.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What a certificate is to say.
 *
 * @param commonName the CN of the subject
 * @param alternativeNames host names and IP addresses it is good for
 * @param usage which end of a connection it is for
 * @param from start of its validity; may lie in the future
 * @param until end of its validity; may lie in the past, for the test of an expired one
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

  /** A client certificate, valid for a year from now. */
  public static CertificateRequest client(String commonName) {
    Instant now = Instant.now();
    return new CertificateRequest(
        commonName, List.of(), Usage.CLIENT, now.minus(CLOCK_SKEW), now.plus(YEAR));
  }

  /** A server certificate for these host names and addresses, valid for a year from now. */
  public static CertificateRequest server(String commonName, String... alternativeNames) {
    Instant now = Instant.now();
    return new CertificateRequest(
        commonName, List.of(alternativeNames), Usage.SERVER, now.minus(CLOCK_SKEW), now.plus(YEAR));
  }

  /** The same with another validity. */
  public CertificateRequest valid(Instant newFrom, Instant newUntil) {
    return new CertificateRequest(commonName, alternativeNames, usage, newFrom, newUntil);
  }
}
