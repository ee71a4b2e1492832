package io.ensrelay.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The level of the log is a setting; the hiding of secrets is not. */
class LogLevelsTest {
  private static final LoggerContext LOGS = (LoggerContext) LoggerFactory.getILoggerFactory();
  private static final Logger ROOT = LOGS.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  @TempDir Path dir;
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();
  private final Map<Logger, Level> before = new HashMap<>();

  @BeforeEach
  void listen() {
    LOGS.getLoggerList().forEach(logger -> before.put(logger, logger.getLevel()));
    said.start();
    ROOT.addAppender(said);
  }

  @AfterEach
  void putBack() {
    ROOT.detachAppender(said);
    LOGS.getLoggerList().forEach(logger -> logger.setLevel(before.get(logger)));
    SecretFilter.hide(List.of());
  }

  private Settings settings(Map<String, String> options, Map<String, String> environment) {
    Properties given = new Properties();
    options.forEach(given::setProperty);
    return Settings.load(dir.resolve("none.properties"), environment, given);
  }

  private String lines() {
    return List.copyOf(said.list).stream()
        .map(
            line ->
                line.getFormattedMessage()
                    + (line.getThrowableProxy() == null
                        ? ""
                        : ThrowableProxyUtil.asString(line.getThrowableProxy())))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void setsTheLevelOfAllAndOfSingleLoggers() {
    LogSetup.levels(
        settings(
            Map.of("ens.log.level", "warn", "ens.log.level.org.example.One", "TRACE"),
            Map.of("ENS_LOG_LEVEL_ORG_EXAMPLE_OTHER", "OFF")));

    assertEquals(Level.WARN, LOGS.getLogger("io.ensrelay.runtime.Relay").getEffectiveLevel());
    assertEquals(Level.TRACE, LOGS.getLogger("org.example.One").getEffectiveLevel());
    assertEquals(Level.OFF, LOGS.getLogger("org.example.other.Two").getEffectiveLevel());
    assertEquals(Level.WARN, LOGS.getLogger("org.example").getEffectiveLevel());
  }

  @Test
  void keepsLibrariesAtWarnUnlessTheirLevelIsSet() {
    LogSetup.levels(
        settings(
            Map.of("ens.log.level", "INFO", "ens.log.level.org.example.One", "INFO"), Map.of()));

    assertEquals(Level.INFO, LOGS.getLogger("io.ensrelay.runtime.Relay").getEffectiveLevel());
    assertEquals(Level.INFO, LOGS.getLogger("org.example.One").getEffectiveLevel());
    assertEquals(Level.WARN, LOGS.getLogger("org.example.other.Two").getEffectiveLevel());
  }

  @Test
  void setsTheLevelOfAllLoggersIfItIsNotInfo() {
    LogSetup.levels(settings(Map.of("ens.log.level", "DEBUG"), Map.of()));

    assertEquals(Level.DEBUG, LOGS.getLogger("io.ensrelay.runtime.Relay").getEffectiveLevel());
    assertEquals(Level.DEBUG, LOGS.getLogger("org.example.other.Two").getEffectiveLevel());
  }

  @Test
  void takesTheLevelOfAllFromTheEnvironment() {
    LogSetup.levels(settings(Map.of(), Map.of("ENS_LOG_LEVEL", "ERROR")));

    assertEquals(Level.ERROR, ROOT.getLevel());
  }

  @Test
  void refusesAnUnknownLevelFromTheEnvironment() {
    Settings settings =
        settings(
            Map.of(
                "ens.api.url", "https://localhost",
                "ens.mqtt.url", "ssl://localhost:8883",
                "ens.mqtt.username", "me",
                "ens.mqtt.password", "secret"),
            Map.of("ENS_LOG_LEVEL_IO_ENSRELAY", "LOUD"));

    ConfigurationException refused = assertThrows(ConfigurationException.class, settings::check);
    assertTrue(
        refused.getMessage().startsWith("ens.log.level.io.ensrelay=LOUD"), refused.getMessage());
  }

  @Test
  void saysNoSecretAtAnyLevel() {
    Map<String, String> secrets = new HashMap<>();
    secrets.put("ens.api.username", "jane");
    secrets.put("ens.api.password", "pass-of-api");
    secrets.put("ens.api.proxy-password", "pass of proxy");
    secrets.put("ens.tls.keystore-password", "pass-of-keystore");
    secrets.put("ens.destination.webhook.token", "token-of-webhook");
    secrets.put("ens.destination.webhook.url", "https://h/hook/onlyletters?code=abc&sig=a%2Bb%3D");
    secrets.put("ens.destination.siem.address", "https://u:inurlpass@siem/in/T0SECRET9");
    secrets.put("ens.log.level", "TRACE");
    LogSetup.levels(settings(secrets, Map.of()));
    Logger library = LOGS.getLogger("org.example.library");

    library.trace("login with {}", "pass-of-api");
    library.debug("login with pass-of-keystore and {} {}", 1, "token-of-webhook");
    library.debug("Authorization: Basic {}", "amFuZTpwYXNzLW9mLWFwaQ==");
    library.debug("POST /hook/onlyletters?code=abc&sig=a%2Bb%3D HTTP/1.1");
    library.debug("parameters {}", List.of("code=abc", "sig=a+b="));
    library.debug("it failed", new IOException("at https://u:inurlpass@siem/in/T0SECRET9"));
    library.debug("pass+of+proxy, pass%20of%20proxy, pass of proxy");
    library.debug("and nothing secret");

    String lines = lines();
    for (String secret :
        List.of(
            "pass-of",
            "token-of-webhook",
            "amFuZTpwYXNz",
            "onlyletters",
            "code=abc",
            "sig=",
            "inurlpass",
            "T0SECRET9",
            "pass+of",
            "pass%20of",
            "pass of")) {
      assertFalse(lines.contains(secret), secret + " in " + lines);
    }
    assertTrue(lines.contains("login with ***"), lines);
    assertTrue(lines.contains("it failed"), lines);
    assertTrue(lines.contains("and nothing secret"), lines);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "org.apache.hc.client5.http.headers",
        "org.apache.hc.client5.http.wire",
        "org.apache.camel.component.properties",
        "org.apache.camel.main.MainHelper",
        "org.apache.camel.support.DefaultComponent",
        "org.apache.camel.component.http.HttpProducer",
        "org.apache.camel.reifier.ProcessorReifier",
        "org.apache.camel.impl.engine.DefaultChannel",
        "org.apache.camel.impl.engine.DefaultBeanIntrospection"
      })
  void keepsLoggersQuietThatShowSecrets(String name) {
    LogSetup.levels(settings(Map.of("ens.log.level." + name, "TRACE"), Map.of()));
    Logger library = LOGS.getLogger(name);

    assertFalse(library.isDebugEnabled());
    library.debug("Authorization: something that no setting says");

    assertFalse(lines().contains("Authorization"), lines());
  }

  /** As when a file of Logback is read again. */
  @Test
  void guardsSecretsAfterAResetOfTheConfiguration() {
    LoggerContext fresh = new LoggerContext();
    SecretFilter.install(fresh);
    fresh.reset();
    Logger wire = fresh.getLogger("org.apache.hc.client5.http.wire");
    wire.setLevel(Level.TRACE);

    assertFalse(wire.isTraceEnabled());
  }
}
