package io.ensrelay;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;

/**
 * A line of the log in which no URL is longer than may be shown, whoever wrote it: Camel and its
 * parts put the URL into what they say of a failure, and into the texts of exceptions.
 */
final class ShownEvent {
  private ShownEvent() {}

  /** The same but for its texts. */
  static ILoggingEvent of(ILoggingEvent event) {
    boolean plain = event.getThrowableProxy() == null;
    String text = event.getFormattedMessage();
    if (plain && (text == null || Shown.text(text).equals(text))) {
      return event;
    }
    return proxy(
        ILoggingEvent.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getFormattedMessage", "getMessage" -> shown(text);
              case "getArgumentArray" -> null;
              case "getThrowableProxy" -> of(event.getThrowableProxy());
              default -> call(event, method, arguments);
            });
  }

  private static IThrowableProxy of(IThrowableProxy thrown) {
    if (thrown == null) {
      return null;
    }
    return proxy(
        IThrowableProxy.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getMessage", "getOverridingMessage" ->
                  shown((String) call(thrown, method, arguments));
              case "getCause" -> of(thrown.getCause());
              case "getSuppressed" ->
                  Arrays.stream(thrown.getSuppressed())
                      .map(ShownEvent::of)
                      .toArray(IThrowableProxy[]::new);
              default -> call(thrown, method, arguments);
            });
  }

  private static String shown(String text) {
    return text == null ? null : Shown.text(text);
  }

  private static Object call(Object of, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(of, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
