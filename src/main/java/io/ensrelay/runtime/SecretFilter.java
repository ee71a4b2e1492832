package io.ensrelay.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggerContextListener;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.ensrelay.base.Redaction;
import java.util.List;
import org.slf4j.Marker;

/**
 * Keeps secrets out of the log at any log level, also with a Logback file of the user. Every line,
 * from any logger, shows of a URL only what {@link Redaction} allows: Camel puts URLs into its
 * failure messages. Loggers that exist to show credentials log nothing below {@code INFO}. In any
 * other line below {@code INFO}, *** replaces the secrets of the settings. Threads: safe.
 */
final class SecretFilter extends TurboFilter {
  private static final String NAME = "secrets";

  /** Each includes the loggers below it. */
  private static final List<String> GUARDED =
      List.of(
          // the bytes of a connection and of its authentication
          "org.apache.hc.client5.http.headers",
          "org.apache.hc.client5.http.wire",
          "org.apache.hc.client5.http.impl.auth",
          // keys and their values
          "org.apache.camel.component.properties",
          "org.apache.camel.main",
          // the parts of a URL from a route file
          "org.apache.camel.impl.engine.DefaultChannel",
          "org.apache.camel.support.DefaultComponent",
          "org.apache.camel.reifier.ProcessorReifier",
          "org.apache.camel.component.http.HttpProducer",
          "org.apache.camel.impl.engine.DefaultBeanIntrospection");

  private static volatile List<String> secrets = List.of();

  private SecretFilter() {}

  /** Survives a reset, as when Logback reads a changed file again. */
  static void install(LoggerContext context) {
    context.addListener(new Reinstalling());
    add(context);
  }

  /**
   * @param texts the secrets to hide from now on; a text that contains another one comes before it
   */
  static void hide(List<String> texts) {
    secrets = List.copyOf(texts);
  }

  private static void add(LoggerContext context) {
    SecretFilter guard = new SecretFilter();
    guard.setName(NAME);
    guard.setContext(context);
    guard.start();
    context.addTurboFilter(guard);
  }

  /** Almost every call returns at the comparison of levels. */
  @Override
  public FilterReply decide(
      Marker marker,
      Logger logger,
      Level level,
      String format,
      Object[] parameters,
      Throwable thrown) {
    if (level.levelInt < logger.getEffectiveLevel().levelInt) {
      return FilterReply.NEUTRAL;
    }
    boolean low = level.levelInt < Level.INFO_INT;
    if (low && isGuarded(logger.getName())) {
      return FilterReply.DENY;
    }
    if (format == null) {
      // the caller only asks whether the level is enabled
      return FilterReply.NEUTRAL;
    }
    LoggingEvent event =
        new LoggingEvent(Logger.class.getName(), logger, level, format, thrown, parameters);
    String said =
        event.getThrowableProxy() == null
            ? event.getFormattedMessage()
            : event.getFormattedMessage()
                + System.lineSeparator()
                + ThrowableProxyUtil.asString(event.getThrowableProxy());
    String hidden = Redaction.text(low ? withoutSecrets(said) : said);
    if (hidden.equals(said)) {
      return FilterReply.NEUTRAL;
    }
    logger.callAppenders(
        new LoggingEvent(Logger.class.getName(), logger, level, "{}", null, new Object[] {hidden}));
    return FilterReply.DENY;
  }

  private static String withoutSecrets(String said) {
    String hidden = said;
    for (String secret : secrets) {
      hidden = hidden.replace(secret, "***");
    }
    return hidden;
  }

  private static boolean isGuarded(String name) {
    for (String guarded : GUARDED) {
      if (name.startsWith(guarded)
          && (name.length() == guarded.length() || name.charAt(guarded.length()) == '.')) {
        return true;
      }
    }
    return false;
  }

  private static final class Reinstalling implements LoggerContextListener {
    @Override
    public boolean isResetResistant() {
      return true;
    }

    @Override
    public void onStart(LoggerContext context) {
      // installed already
    }

    @Override
    public void onReset(LoggerContext context) {
      add(context);
    }

    @Override
    public void onStop(LoggerContext context) {
      // nothing is logged any more
    }

    @Override
    public void onLevelChange(Logger logger, Level level) {
      // the filter does not depend on levels
    }
  }
}
