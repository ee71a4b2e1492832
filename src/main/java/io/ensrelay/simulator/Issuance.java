package io.ensrelay.simulator;

import java.time.Duration;
import java.time.Instant;

/**
 * Defines the contents of a simulation's certificates, good and bad ones.
 *
 * @param authority signs all certificates except those of the unknown authority
 */
record Issuance(CertificateAuthority authority) {
  private static final String[] HERE = {"localhost", "127.0.0.1", "::1"};
  private static final String ELSEWHERE = "elsewhere.example.com";
  private static final String STRANGER = "ens-relay simulator unknown CA";

  IssuedCertificate issue(ClientCertificate which) {
    return switch (which) {
      case GOOD -> authority.issue(CertificateRequest.client("ens-relay"));
      case SECOND -> authority.issue(CertificateRequest.client("ens-second"));
      case EXPIRED -> authority.issue(expired(CertificateRequest.client("ens-expired")));
      case UNKNOWN_CA ->
          CertificateAuthority.create(STRANGER).issue(CertificateRequest.client("ens-unknown-ca"));
      case NO_ROLE -> authority.issue(CertificateRequest.client(CpsRole.NAME_WITHOUT));
    };
  }

  IssuedCertificate issue(ServerCertificate which) {
    return switch (which) {
      case GOOD -> authority.issue(CertificateRequest.server("localhost", HERE));
      case EXPIRED -> authority.issue(expired(CertificateRequest.server("localhost", HERE)));
      case WRONG_HOST -> authority.issue(CertificateRequest.server(ELSEWHERE, ELSEWHERE));
      case UNKNOWN_CA ->
          CertificateAuthority.create(STRANGER).issue(CertificateRequest.server("localhost", HERE));
    };
  }

  private static CertificateRequest expired(CertificateRequest request) {
    Instant now = Instant.now();
    return request.valid(now.minus(Duration.ofDays(30)), now.minus(Duration.ofDays(1)));
  }
}
