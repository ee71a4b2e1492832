package io.ensrelay.runtime;

import static java.util.Map.entry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.ensrelay.config.KnownKeys;
import io.ensrelay.config.Secrets;
import io.ensrelay.config.Settings;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Configures the log: lines on standard error, as text for people or as JSON for a log collector.
 *
 * <p>Logback finds this class as a service, because reading an XML file takes a tenth of a second
 * of each start. A file named by {@code -Dlogback.configurationFile} takes precedence. In both
 * cases {@link SecretFilter} keeps secrets out of the log.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
  private static final String OWN = "io.ensrelay";
  private static final Map<String, Level> LEVELS =
      Map.ofEntries(
          // libraries, even those of lib/, log only what someone may have to act on
          entry(Logger.ROOT_LOGGER_NAME, Level.WARN),
          entry(OWN, Level.INFO),
          entry("org.apache.activemq", Level.OFF),
          entry("io.netty", Level.ERROR),
          // the destination logs that its broker is away
          entry("org.apache.kafka", Level.OFF),
          entry("org.apache.qpid.jms", Level.OFF),
          entry("com.networknt", Level.OFF),
          // ens-relay itself logs start, stop and each change of state
          entry("org.apache.camel", Level.WARN),
          // the last line on standard error says why a start failed
          entry("org.apache.camel.impl.engine.AbstractCamelContext", Level.OFF),
          // the destinations log the events that a stop leaves, without their content
          entry("org.apache.camel.impl.engine.DefaultShutdownStrategy", Level.ERROR),
          entry("org.apache.camel.impl.engine.DefaultInflightRepository", Level.ERROR),
          entry("org.apache.camel.impl.engine.DefaultAsyncProcessorAwaitManager", Level.OFF),
          // the metadata store logs these failures in a line, and a stop is no failure
          entry("org.apache.camel.component.seda.SedaConsumer", Level.ERROR),
          // the session logs these failures in a line, without a stack trace
          entry("org.apache.camel.component.paho", Level.ERROR),
          // the dead letters log in a line why SQLite could not be loaded
          entry("org.sqlite", Level.OFF),
          // would show credentials and settings at DEBUG
          entry("org.apache.hc.client5", Level.INFO));

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    SecretFilter.install(context);
    if (hasFile()) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setName("stderr");
    console.setContext(context);
    console.setTarget("System.err");
    PatternLayoutEncoder text = new PatternLayoutEncoder();
    text.setContext(context);
    text.setPattern(
        "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %-24logger{0} "
            // the tenant of a line, if there are several
            + "%replace(%X{tenant}){'(.+)', '$1: '}%msg%n%ex");
    start(console, text);
    LEVELS.forEach((name, level) -> context.getLogger(name).setLevel(level));
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(console);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * Applies the log levels of the settings: single loggers, and the root for all others except
   * those that stay quiet because ens-relay logs the same itself. At INFO the libraries stay at
   * WARN. The secret filter stays. If Logback has its own file, that file decides each level that
   * no setting names.
   */
  static void levels(Settings settings) {
    hide(Secrets.of(settings));
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Map<String, String> levels = settings.logLevels();
    String level = levels.get(Logger.ROOT_LOGGER_NAME);
    if (hasFile() && settings.isDefault(KnownKeys.LOG_LEVEL)) {
      levels.remove(Logger.ROOT_LOGGER_NAME);
    } else if (level != null) {
      levels.put(Logger.ROOT_LOGGER_NAME, level.equalsIgnoreCase("INFO") ? "WARN" : level);
      levels.putIfAbsent(OWN, level);
    }
    levels.forEach((name, each) -> context.getLogger(name).setLevel(Level.valueOf(each)));
  }

  /** Keeps these texts, and only these, out of the log from now on; the longest comes first. */
  static void hide(List<String> secrets) {
    SecretFilter.hide(secrets);
  }

  /** Logs nothing any more. */
  public static void silence() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.getLoggerList().forEach(logger -> logger.setLevel(Level.OFF));
  }

  private static boolean hasFile() {
    return System.getProperty("logback.configurationFile") != null;
  }

  /** Writes each line as JSON from now on: timestamp (epoch ms), level, threadName and so on. */
  static void json() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    for (Iterator<Appender<ILoggingEvent>> all = root.iteratorForAppenders(); all.hasNext(); ) {
      if (!(all.next() instanceof ConsoleAppender<ILoggingEvent> console)) {
        continue;
      }
      JsonEncoder json = new JsonEncoder();
      json.setContext(context);
      json.setWithSequenceNumber(false);
      json.setWithNanoseconds(false);
      json.setWithContext(false);
      json.setWithMarkers(false);
      json.setWithMDC(true);
      json.setWithKVPList(false);
      // the formatted message, not its parts
      json.setWithMessage(false);
      json.setWithArguments(false);
      json.setWithFormattedMessage(true);
      console.stop();
      start(console, json);
    }
  }

  private static void start(ConsoleAppender<ILoggingEvent> console, Encoder<ILoggingEvent> lines) {
    lines.start();
    console.setEncoder(lines);
    console.start();
  }
}
