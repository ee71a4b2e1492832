package io.ensrelay.service;

/** The tenants of the configuration, also those that can't run. Threads: safe; answers at once. */
@FunctionalInterface
public interface ConfiguredTenants {
  /** Name of the bean. */
  String NAME = "ensConfiguredTenants";

  /** False once the configuration no longer has the tenant; true while it is not yet read. */
  boolean mayHave(String tenant);
}
