package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Redaction;
import io.ensrelay.check.Finding;
import io.ensrelay.config.Settings;
import io.ensrelay.intake.MqttProbe;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.EventMetadata;
import io.ensrelay.service.MetadataCall;
import io.ensrelay.service.MetadataStore;
import io.ensrelay.tls.TlsFailure;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Checks a tenant's access to its service: certificates, names, REST, TLS, MQTT. Takes over no
 * session and subscribes to nothing. Threads: one.
 */
final class ServiceConditions {
  static final String EVENT_TYPES = "REST, event types";

  private static final long WARN_DAYS = 30;

  private final Settings settings;
  private final List<Finding> findings = new ArrayList<>();
  private Set<String> names = Set.of();

  /**
   * @param settings of the tenant, already checked
   */
  ServiceConditions(Settings settings) {
    this.settings = settings;
  }

  /** A single check; any exception is a failure. */
  interface Attempt {
    Finding of(String what) throws Exception;
  }

  /** Runs all checks; this can take a minute if the service does not answer. */
  List<Finding> all() {
    tried("client certificate", "look at ens.tls.keystore", this::clientCertificate);
    tried("trusted CAs", "look at ens.tls.truststore", this::trusted);
    URI mqtt = URI.create(settings.get("ens.mqtt.url").orElseThrow());
    // a proxy resolves the target's name itself
    String apiHop =
        hop("ens.api.proxy", authority(URI.create(settings.get("ens.api.url").orElseThrow())));
    String mqttHop = hop("ens.mqtt.proxy", authority(mqtt));
    tried(
        "DNS " + apiHop,
        "look at ens.api.url, ens.api.proxy and at the DNS of this machine",
        what -> dns(what, apiHop));
    if (!mqttHop.equals(apiHop)) {
      tried(
          "DNS " + mqttHop,
          "look at ens.mqtt.url, ens.mqtt.proxy and at the DNS of this machine",
          what -> dns(what, mqttHop));
    }
    tried(EVENT_TYPES, "look at ens.api.url, ens.api.proxy and the firewall", this::metadata);
    if (tried(
        "TLS to the broker",
        "look at ens.mqtt.url, ens.mqtt.proxy and the firewall",
        what -> server(what, Dialer.toBroker(settings), mqtt.getHost(), mqtt.getPort()))) {
      tried("MQTT connect", "the relay can't receive events until this works", this::mqtt);
    }
    return List.copyOf(findings);
  }

  /**
   * @param remedy the advice after a failure
   */
  private boolean tried(String what, String remedy, Attempt attempt) {
    Finding finding = result(what, remedy, attempt);
    findings.add(finding);
    return finding.level() != Finding.Level.FAILED;
  }

  static Finding result(String what, String remedy, Attempt attempt) {
    try {
      return attempt.of(what);
    } catch (ConfigurationException e) {
      return Finding.failed(what, e.getMessage());
    } catch (SSLException e) {
      // the message contains the advice
      return Finding.failed(what, reason(e));
    } catch (Exception e) {
      return Finding.failed(what, reason(e) + ": " + remedy);
    }
  }

  static String reason(Throwable failure) {
    if (failure instanceof Dialer.Failure dialled) {
      return dialled.getMessage();
    }
    Throwable cause = failure;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String text = Redaction.text(String.valueOf(cause.getMessage()));
    return cause.getMessage() == null || text.isBlank()
        ? cause.getClass().getSimpleName()
        : cause instanceof java.net.UnknownHostException ? "unknown host " + text : text;
  }

  private Finding clientCertificate(String what) {
    Optional<X509Certificate> certificate = settings.tls("ens.tls").certificate();
    return certificate
        .map(own -> certificate(what, own, "renew it (ens.tls.keystore)"))
        .orElse(Finding.warning(what, "none: ens.tls.keystore is not set"));
  }

  private static Finding certificate(String what, X509Certificate certificate, String remedy) {
    long days = Duration.between(Instant.now(), certificate.getNotAfter().toInstant()).toDays();
    String said =
        "%s, issued by %s, %s days left"
            .formatted(
                certificate.getSubjectX500Principal().getName(),
                certificate.getIssuerX500Principal().getName(),
                days);
    return days < WARN_DAYS ? Finding.warning(what, said + ": " + remedy) : Finding.ok(what, said);
  }

  private Finding trusted(String what) {
    TlsMaterial tls = settings.tls("ens.tls");
    tls.context();
    return Finding.ok(
        what, settings.get("ens.tls.truststore").map(f -> "those in " + f).orElse("those of Java"));
  }

  private static Finding dns(String what, String host) throws IOException {
    String[] addresses =
        Stream.of(InetAddress.getAllByName(host))
            .map(InetAddress::getHostAddress)
            .toArray(String[]::new);
    return Finding.ok(what, String.join(", ", addresses));
  }

  /** Returns the names that a destination may select; empty if the service did not say. */
  Set<String> names() {
    return names;
  }

  private String hop(String proxy, String target) {
    return settings.get(proxy).map(url -> authority(URI.create(url))).orElse(target);
  }

  /** {@link URI#getHost()} is null for a host with an underscore. */
  private static String authority(URI url) {
    return url.getRawAuthority().replaceFirst(":\\d+$", "");
  }

  static Finding server(String what, Dialer dialer, String host, int port) throws IOException {
    try (dialer) {
      try (SSLSocket socket = dialer.dial()) {
        return server(what, socket, host, port);
      } catch (IOException e) {
        throw dialer.explain(e).map(ServiceConditions::saying).orElse(e);
      }
    }
  }

  private Finding metadata(String what) throws IOException {
    MetadataCall service = new MetadataCall(settings);
    EventMetadata metadata;
    try {
      metadata = service.ask();
    } catch (IOException e) {
      if (e.getCause() instanceof HttpOperationFailedException) {
        return Finding.failed(what, e.getMessage());
      }
      throw e;
    }
    names = metadata.names();
    Set<String> unknown = service.unknown(metadata);
    String said = metadata.topics().size() + " event types";
    if (!metadata.refused().isEmpty()) {
      return Finding.warning(what, said + ". " + MetadataStore.leftOut(metadata.refused()));
    }
    return unknown.isEmpty()
        ? Finding.ok(what, said)
        : Finding.warning(
            what, said + "; ens.events names unknown ones: " + String.join(", ", unknown));
  }

  private static IOException saying(TlsFailure meaning) {
    return new SSLException(meaning.text());
  }

  private static Finding server(String what, SSLSocket socket, String host, int port)
      throws IOException {
    Certificate[] chain = socket.getSession().getPeerCertificates();
    Finding server =
        certificate(what, (X509Certificate) chain[0], "the server's operator must renew it");
    return new Finding(
        what,
        server.level(),
        "%s:%s, %s, %s".formatted(host, port, socket.getSession().getProtocol(), server.said()));
  }

  private Finding mqtt(String what) throws IOException {
    MqttProbe.connect(settings);
    return Finding.ok(what, "accepted, then disconnected without subscribing");
  }
}
