package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.remoting.impl.ssl.DefaultSSLContextFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextConfig;

/**
 * TLS for Artemis' client with the relay's certificates, so that the same files work as everywhere:
 * each connection reads them and verifies the host name. Artemis' client finds it by a service
 * file; a connection that is not the relay's gets what Artemis would make. Threads: safe.
 */
public final class ArtemisTls extends DefaultSSLContextFactory {
  /** Value of Artemis' parameter sslContext: before it, the prefix of the keys. */
  private static final String OURS = "ens-relay:";

  /** More than those of Artemis. */
  private static final int PRIORITY = 100;

  /**
   * @throws ConfigurationException without an address
   */
  static ActiveMQConnectionFactory factory(BrokerAccess access) {
    ActiveMQConnectionFactory factory =
        JmsConnections.artemis(
            access
                .url()
                .orElseThrow(
                    () ->
                        new ConfigurationException(
                            access.prefix() + ".url", "missing", "give tcp://host:61616")));
    if (access.files().areGiven()) {
      // fails now, not with the first event
      access.files().material(access.prefix()).context();
      for (TransportConfiguration each : factory.getStaticConnectors()) {
        each.getParams().putAll(parameters(access));
      }
    }
    return factory;
  }

  private static Map<String, Object> parameters(BrokerAccess access) {
    CertificateFiles files = access.files();
    Map<String, Object> all = new HashMap<>();
    all.put(TransportConstants.SSL_ENABLED_PROP_NAME, true);
    all.put(TransportConstants.SSL_CONTEXT_PROP_NAME, OURS + access.prefix());
    all.put(TransportConstants.ENABLED_PROTOCOLS_PROP_NAME, files.protocols());
    // not those of the JVM's system properties
    all.put(TransportConstants.FORCE_SSL_PARAMETERS, true);
    put(all, TransportConstants.KEYSTORE_PATH_PROP_NAME, files.keystore());
    put(all, TransportConstants.KEYSTORE_PASSWORD_PROP_NAME, files.keystorePassword());
    put(all, TransportConstants.TRUSTSTORE_PATH_PROP_NAME, files.truststore());
    put(all, TransportConstants.TRUSTSTORE_PASSWORD_PROP_NAME, files.truststorePassword());
    return all;
  }

  private static void put(Map<String, Object> all, String name, Optional<String> value) {
    value.ifPresent(given -> all.put(name, given));
  }

  @Override
  public SSLContext getSSLContext(SSLContextConfig settings, Map<String, Object> more)
      throws Exception {
    String name = String.valueOf(more.get(TransportConstants.SSL_CONTEXT_PROP_NAME));
    if (!name.startsWith(OURS)) {
      return super.getSSLContext(settings, more);
    }
    CertificateFiles files =
        new CertificateFiles(
            Optional.ofNullable(settings.getKeystorePath()),
            Optional.ofNullable(settings.getKeystorePassword()),
            Optional.ofNullable(settings.getTruststorePath()),
            Optional.ofNullable(settings.getTruststorePassword()),
            CertificateFiles.NONE.protocols());
    return files.material(name.substring(OURS.length())).context();
  }

  @Override
  public int getPriority() {
    return PRIORITY;
  }
}
