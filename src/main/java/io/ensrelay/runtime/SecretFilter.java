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
 * Keeps secrets out of the log, whatever levels are set, here or in a file of Logback's. Of a URL
 * no line has more than may be {@link Redaction}, whoever wrote it: Camel puts the URL into what it
 * says of a failure. Loggers that are made to show credentials do not get below {@code INFO}, and
 * where a line below that has one of the secrets of the settings, *** is in its place. Threads:
 * safe.
 */
final class SecretFilter extends TurboFilter {
  private static final String NAME = "secrets";

  /** Each with all below it. */
  private static final List<String> GUARDED =
      List.of(
          // what goes over a connection to authenticate, byte by byte
          "org.apache.hc.client5.http.headers",
          "org.apache.hc.client5.http.wire",
          "org.apache.hc.client5.http.impl.auth",
          // keys and their values
          "org.apache.camel.component.properties",
          "org.apache.camel.main",
          // a URL of a route file, taken apart
          "org.apache.camel.impl.engine.DefaultChannel",
          "org.apache.camel.support.DefaultComponent",
          "org.apache.camel.reifier.ProcessorReifier",
          "org.apache.camel.component.http.HttpProducer",
          "org.apache.camel.impl.engine.DefaultBeanIntrospection");

  private static volatile List<String> secrets = List.of();

  private SecretFilter() {}

  /** Also after a configuration that begins anew, as one that is read again when it changes. */
  static void install(LoggerContext context) {
    context.addListener(new Reinstalling());
    add(context);
  }

  /**
   * @param texts what is not to be said from now on; one that is part of another after that
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

  /** Nearly all calls end at the comparison of levels. */
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
      // only asked whether the level is on
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
      // there already
    }

    @Override
    public void onReset(LoggerContext context) {
      add(context);
    }

    @Override
    public void onStop(LoggerContext context) {
      // nothing is written any more
    }

    @Override
    public void onLevelChange(Logger logger, Level level) {
      // of no effect on the guard
    }
  }
}
