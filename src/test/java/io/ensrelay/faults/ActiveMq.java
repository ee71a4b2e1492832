package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.broker.SslBrokerService;
import org.apache.activemq.broker.SslContext;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;

/** ActiveMQ Classic inside this process, with its store on disk: what stands behind EPMM. */
final class ActiveMq implements Broker {
  private final Path dir;
  private final int port = Brokers.freePort();
  private final Certificates certificates;
  private BrokerService broker;

  ActiveMq(Path dir) throws IOException {
    this.dir = dir;
    certificates = Certificates.create(dir.resolve("certificates"));
  }

  @Override
  public void start() throws Exception {
    KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
    store.setDirectory(dir.resolve("kahadb").toFile());
    store.setJournalMaxFileLength(8 << 20);
    BrokerService starting = new SslBrokerService();
    starting.setBrokerName("epmm-" + port);
    starting.setUseJmx(false);
    starting.setUseShutdownHook(false);
    starting.setAdvisorySupport(false);
    starting.setPersistenceAdapter(store);
    starting.getSystemUsage().getMemoryUsage().setLimit(64 << 20);
    SslContext tls = new SslContext();
    tls.setSSLContext(certificates.tls("server.p12"));
    starting.setSslContext(tls);
    starting.addConnector("mqtt+ssl://127.0.0.1:" + port + "?transport.needClientAuth=true");
    broker = starting;
    starting.start();
    starting.waitUntilStarted();
  }

  @Override
  public void stop() throws Exception {
    if (broker != null) {
      broker.stop();
      broker.waitUntilStopped();
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public Certificates certificates() {
    return certificates;
  }
}
