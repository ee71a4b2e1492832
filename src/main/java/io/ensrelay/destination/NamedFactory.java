package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import jakarta.jms.ConnectionFactory;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.support.PropertyBindingSupport;

/**
 * The connection factory of another broker, made by its class and set up by the user's keys {@code
 * <prefix>.factory.<property>}.
 *
 * <p>With a keystore or a truststore it gets TLS: by the property {@code SSLSocketFactory}, which
 * IBM MQ's has, else by {@code keyStore}, {@code trustStore} and the passwords of both, which
 * ActiveMQ's {@code ActiveMQSslConnectionFactory} has. Threads: one.
 */
final class NamedFactory {
  private final BrokerAccess access;
  private final String name;
  private final CamelContext camel;

  NamedFactory(BrokerAccess access, String name, CamelContext camel) {
    this.access = access;
    this.name = name;
    this.camel = camel;
  }

  /**
   * @throws ConfigurationException if the class is missing, is no factory, or does not have a
   *     property
   */
  ConnectionFactory make() {
    Object made = made();
    if (!(made instanceof ConnectionFactory factory)) {
      throw new ConfigurationException(
          access.prefix() + ".factory",
          name,
          "is no jakarta.jms.ConnectionFactory",
          "give the factory of the broker's client for Jakarta");
    }
    String prefix = access.prefix() + ".factory.";
    Properties given = camel.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix));
    for (String key : given.stringPropertyNames()) {
      if (!set(factory, key.substring(prefix.length()), given.getProperty(key))) {
        throw new ConfigurationException(
            key,
            factory.getClass().getSimpleName() + " has no such property, or the value does not fit",
            "correct or remove it");
      }
    }
    if (access.files().areGiven()) {
      secure(factory);
    }
    return factory;
  }

  private Object made() {
    Class<?> known =
        Library.require(
            access.prefix() + ".factory",
            name,
            "put the broker's client into lib/ with 'ens-relay add', or correct the name");
    Optional<String> url = access.url();
    try {
      return url.isPresent()
          ? known.getConstructor(String.class).newInstance(url.get())
          : known.getConstructor().newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      String why = e.getCause() == null ? e.toString() : String.valueOf(e.getCause().getMessage());
      throw new ConfigurationException(
          access.prefix() + ".factory",
          name,
          "can't be made " + (url.isPresent() ? "with the url: " : "without a url: ") + why,
          "correct the url, or leave it out and set the properties of the factory");
    }
  }

  private void secure(ConnectionFactory factory) {
    CertificateFiles files = access.files();
    Optional<Method> sockets =
        Stream.of(factory.getClass().getMethods())
            .filter(method -> method.getName().equals("setSSLSocketFactory"))
            .filter(method -> method.getParameterCount() == 1)
            .findFirst();
    boolean isSecure =
        sockets.isPresent()
            ? set(factory, sockets.get(), files.material(access.prefix()).socketFactory())
            : set(factory, "keyStore", files.keystore())
                && set(factory, "keyStorePassword", files.keystorePassword())
                && set(factory, "keyStoreKeyPassword", files.keystorePassword())
                && set(factory, "trustStore", files.truststore())
                && set(factory, "trustStorePassword", files.truststorePassword());
    if (!isSecure) {
      throw new ConfigurationException(
          access.prefix() + (files.truststore().isPresent() ? ".truststore" : ".keystore"),
          factory.getClass().getSimpleName() + " does not take certificates this way",
          "remove it and set the properties of the factory, " + access.prefix() + ".factory.*");
    }
  }

  private static boolean set(ConnectionFactory factory, Method setter, Object value) {
    try {
      setter.invoke(factory, value);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      return false;
    }
  }

  private boolean set(ConnectionFactory factory, String property, Optional<String> value) {
    return value.isEmpty() || set(factory, property, value.get());
  }

  private boolean set(ConnectionFactory factory, String property, String value) {
    try {
      PropertyBindingSupport.build()
          .withCamelContext(camel)
          .withTarget(factory)
          .withProperty(property, value)
          .withMandatory(true)
          .withIgnoreCase(true)
          .bind();
      return true;
    } catch (PropertyBindingException e) {
      return false;
    }
  }
}
