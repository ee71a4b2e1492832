package io.ensrelay.destination;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import java.util.Optional;

/**
 * How to get into a broker.
 *
 * @param prefix of the keys that messages name
 * @param url may hold a password
 */
record BrokerAccess(
    String prefix,
    Optional<String> url,
    Optional<String> username,
    Optional<String> password,
    CertificateFiles files) {

  Connection connection(ConnectionFactory factory) throws JMSException {
    return username.isPresent()
        ? factory.createConnection(username.get(), password.orElse(""))
        : factory.createConnection();
  }

  /** Omits the address and the credentials. */
  @Override
  public String toString() {
    return "BrokerAccess[" + prefix + ", " + files + "]";
  }
}
