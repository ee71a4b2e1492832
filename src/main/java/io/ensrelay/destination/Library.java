package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;

/** A library that a sink needs and the jar does not contain. */
final class Library {
  private Library() {}

  /**
   * @param known a class of the library
   * @param remedy what adds it
   * @throws ConfigurationException if the class can't be loaded
   */
  static Class<?> require(String sink, String known, String remedy) {
    try {
      return Class.forName(known, false, loader());
    } catch (ClassNotFoundException | LinkageError e) {
      throw new ConfigurationException(sink, "the class " + known + " is missing", remedy);
    }
  }

  private static ClassLoader loader() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context == null ? Library.class.getClassLoader() : context;
  }
}
