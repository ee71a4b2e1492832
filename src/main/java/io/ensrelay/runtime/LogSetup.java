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
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * What is logged and how: lines on the standard error, for people, or as JSON for a log collector.
 *
 * <p>Found by Logback as a service, for the reading of an XML file takes a tenth of a second of
 * each start. A file named by {@code -Dlogback.configurationFile} goes before it. Secrets stay out
 * of the log in any case, see {@link SecretFilter}.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
  private static final Map<String, Level> LEVELS =
      Map.ofEntries(
          entry(Logger.ROOT_LOGGER_NAME, Level.INFO),
          entry("org.apache.activemq", Level.OFF),
          entry("io.netty", Level.ERROR),
          entry("com.networknt", Level.OFF),
          // start, stop and each change of state are said by ens-relay itself
          entry("org.apache.camel", Level.WARN),
          // why a start failed is the last line, on the standard error
          entry("org.apache.camel.impl.engine.AbstractCamelContext", Level.OFF),
          // what a stop leaves is said by the destinations, and names no content of an event
          entry("org.apache.camel.impl.engine.DefaultShutdownStrategy", Level.ERROR),
          entry("org.apache.camel.impl.engine.DefaultInflightRepository", Level.ERROR),
          entry("org.apache.camel.impl.engine.DefaultAsyncProcessorAwaitManager", Level.OFF),
          // what it would say with a stack trace is said in a line by the session
          entry("org.apache.camel.component.paho", Level.ERROR),
          // why it could not be loaded is said in a line by the dead letters
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
    text.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %-24logger{0} %msg%n%ex");
    start(console, text);
    LEVELS.forEach((name, level) -> context.getLogger(name).setLevel(level));
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(console);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * From now on the levels of the settings: those of single loggers, and for all others that of the
   * root, but for what is quiet because ens-relay says it itself. The guard of secrets stays. Where
   * Logback has a file of its own, that says what no setting says.
   */
  static void levels(Settings settings) {
    SecretFilter.hide(Secrets.of(settings));
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Map<String, String> levels = settings.logLevels();
    if (hasFile() && settings.isDefault(KnownKeys.LOG_LEVEL)) {
      levels.remove(Logger.ROOT_LOGGER_NAME);
    }
    levels.forEach((name, level) -> context.getLogger(name).setLevel(Level.valueOf(level)));
  }

  private static boolean hasFile() {
    return System.getProperty("logback.configurationFile") != null;
  }

  /** Every line from now on is a JSON text: timestamp (epoch ms), level, threadName, and so on. */
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
      json.setWithMDC(false);
      json.setWithKVPList(false);
      // the line as it reads, not its parts
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
