package io.ensrelay.destination;

import io.ensrelay.tls.TlsMaterial;
import java.security.KeyStore;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.security.auth.SslEngineFactory;

/**
 * TLS for Kafka's client with the relay's certificates, so that the same files work as everywhere:
 * each connection uses the current ones, offers the configured TLS versions and verifies the host
 * name. Kafka creates it by its class. Threads: safe once configured.
 */
public final class KafkaTls implements SslEngineFactory {
  /** Key of the {@link TlsMaterial} among Kafka's settings. */
  static final String MATERIAL = "ens.tls.material";

  private TlsMaterial tls = new TlsMaterial();

  @Override
  public void configure(Map<String, ?> settings) {
    tls = (TlsMaterial) settings.get(MATERIAL);
  }

  @Override
  public SSLEngine createClientSslEngine(String host, int port, String verification) {
    SSLEngine engine = tls.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(tls.protocols());
    parameters.setEndpointIdentificationAlgorithm("https");
    engine.setSSLParameters(parameters);
    return engine;
  }

  @Override
  public SSLEngine createServerSslEngine(String host, int port) {
    throw new UnsupportedOperationException("a client only");
  }

  @Override
  public boolean shouldBeRebuilt(Map<String, Object> settings) {
    return false;
  }

  @Override
  public Set<String> reconfigurableConfigs() {
    return Set.of();
  }

  @Override
  public KeyStore keystore() {
    return null;
  }

  @Override
  public KeyStore truststore() {
    return null;
  }

  @Override
  public void close() {}
}
