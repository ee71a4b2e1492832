package io.ensrelay.simulator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/** The configuration of the simulated broker. */
final class BrokerConfiguration {
  /** Messages that may be in flight to a client, not yet acknowledged. */
  static final int IN_FLIGHT = 1000;

  private static final String HOST = "127.0.0.1";
  private static final int MEGABYTE = 1024 * 1024;

  /** A message published alone waits this long for others, to be written together with them. */
  private static final int JOURNAL_WAIT_NANOS = 200_000;

  private static final Duration LONGEST_EXPIRY_SCAN = Duration.ofSeconds(30);

  private BrokerConfiguration() {}

  /** Returns everything but the acceptor: storage in files below the folder, bounded memory. */
  static Configuration of(Path dir, Duration retention) throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setName("ens-simulator")
            .setPersistenceEnabled(true)
            .setBindingsDirectory(dir.resolve("bindings").toString())
            .setJournalDirectory(dir.resolve("journal").toString())
            .setPagingDirectory(dir.resolve("paging").toString())
            .setLargeMessagesDirectory(dir.resolve("large-messages").toString())
            .setJournalType(JournalType.NIO)
            .setJournalFileSize(4 * MEGABYTE)
            .setJournalMinFiles(2)
            .setJournalPoolFiles(4)
            // data survives the end of the process; a power cut is not simulated
            .setJournalDatasync(false)
            .setJournalBufferTimeout_NIO(JOURNAL_WAIT_NANOS)
            .setGlobalMaxSize(24L * MEGABYTE)
            .setMaxDiskUsage(-1)
            .setMessageExpiryScanPeriod(expiryScan(retention).toMillis())
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setCriticalAnalyzer(false);
    configuration.addAddressSetting(
        "#",
        new AddressSettings()
            .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
            .setMaxSizeBytes(4L * MEGABYTE)
            .setPageSizeBytes(MEGABYTE)
            // a client may reconnect any number of times without an acknowledgement
            .setMaxDeliveryAttempts(-1)
            .setExpiryDelay(retention.toMillis())
            // these two addresses have no queue: the broker drops messages sent there
            .setExpiryAddress(SimpleString.of("expired"))
            .setDeadLetterAddress(SimpleString.of("undeliverable")));
    return configuration;
  }

  /** Scans often enough to remove a message soon after its time. */
  private static Duration expiryScan(Duration retention) {
    Duration tenth = retention.dividedBy(10);
    return tenth.compareTo(LONGEST_EXPIRY_SCAN) < 0 ? tenth : LONGEST_EXPIRY_SCAN;
  }

  /** Accepts MQTT over TLS with a client certificate of the simulator's authority. */
  static TransportConfiguration acceptor(
      String name,
      int port,
      Profile profile,
      SimulatorCertificates certificates,
      ServerCertificate shown) {
    Map<String, Object> parameters =
        Map.ofEntries(
            Map.entry(TransportConstants.HOST_PROP_NAME, HOST),
            Map.entry(TransportConstants.PORT_PROP_NAME, port),
            Map.entry(TransportConstants.PROTOCOLS_PROP_NAME, "MQTT"),
            Map.entry(TransportConstants.USE_EPOLL_PROP_NAME, false),
            Map.entry(TransportConstants.SSL_ENABLED_PROP_NAME, true),
            Map.entry(TransportConstants.NEED_CLIENT_AUTH_PROP_NAME, true),
            Map.entry(
                TransportConstants.ENABLED_PROTOCOLS_PROP_NAME,
                String.join(",", profile.tlsProtocols())),
            Map.entry(TransportConstants.KEYSTORE_TYPE_PROP_NAME, "PKCS12"),
            Map.entry(
                TransportConstants.KEYSTORE_PATH_PROP_NAME, path(certificates.keystore(shown))),
            Map.entry(TransportConstants.KEYSTORE_PASSWORD_PROP_NAME, certificates.password()),
            Map.entry(TransportConstants.TRUSTSTORE_TYPE_PROP_NAME, "PKCS12"),
            Map.entry(
                TransportConstants.TRUSTSTORE_PATH_PROP_NAME, path(certificates.truststore())),
            Map.entry(TransportConstants.TRUSTSTORE_PASSWORD_PROP_NAME, certificates.password()));
    return new TransportConfiguration(
        NettyAcceptorFactory.class.getName(),
        parameters,
        name,
        Map.of("defaultMaximumInFlightPublishMessages", IN_FLIGHT));
  }

  private static String path(Path file) {
    return file.toAbsolutePath().toString();
  }
}
