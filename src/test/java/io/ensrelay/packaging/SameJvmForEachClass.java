package io.ensrelay.packaging;

import java.security.Provider;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives each test class the system properties and the security providers that the JVM began with:
 * several classes run in one JVM, many set properties, and ActiveMQ's broker adds a provider.
 * Registered for all classes.
 */
public final class SameJvmForEachClass implements BeforeAllCallback, AfterAllCallback {
  private static final ExtensionContext.Namespace HERE =
      ExtensionContext.Namespace.create(SameJvmForEachClass.class);

  private record Before(Properties properties, List<String> providers) {}

  @Override
  public void beforeAll(ExtensionContext context) {
    if (isOutermost(context)) {
      context
          .getStore(HERE)
          .put("before", new Before((Properties) System.getProperties().clone(), providers()));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (isOutermost(context)) {
      Before before = context.getStore(HERE).get("before", Before.class);
      System.setProperties(before.properties());
      providers().stream()
          .filter(name -> !before.providers().contains(name))
          .forEach(Security::removeProvider);
    }
  }

  private static List<String> providers() {
    return Arrays.stream(Security.getProviders()).map(Provider::getName).toList();
  }

  private static boolean isOutermost(ExtensionContext context) {
    return context.getRequiredTestClass().getEnclosingClass() == null;
  }
}
