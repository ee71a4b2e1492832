package org.eclipse.paho.client.mqttv3.logging;

import java.util.Map;
import java.util.ResourceBundle;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Replaces the class of this name in Paho 1.2.5, which looks up class and texts and makes a logger
 * for each packet sent. This one makes one logger for each class. Otherwise the same: the loggers
 * write to {@code java.util.logging}. Threads: safe.
 */
public final class LoggerFactory {
  public static final String MQTT_CLIENT_MSG_CAT =
      "org.eclipse.paho.client.mqttv3.internal.nls.logcat";

  private static final Map<String, Logger> LOGGERS = new ConcurrentHashMap<>();

  private LoggerFactory() {}

  /**
   * @param messageCatalogName the bundle with the texts
   * @param loggerId the class that logs
   */
  public static Logger getLogger(String messageCatalogName, String loggerId) {
    Logger known = LOGGERS.get(loggerId);
    return known != null
        ? known
        : LOGGERS.computeIfAbsent(loggerId, id -> logger(messageCatalogName, id));
  }

  private static Logger logger(String messageCatalogName, String loggerId) {
    Logger logger = new JSR47Logger();
    logger.initialise(ResourceBundle.getBundle(messageCatalogName), loggerId, null);
    return logger;
  }
}
