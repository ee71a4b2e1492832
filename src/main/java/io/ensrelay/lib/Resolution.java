package io.ensrelay.lib;

import java.util.List;

/**
 * A library with what it needs.
 *
 * @param libraries without what ens-relay's jar holds
 * @param leftToOurs what it wants in another version than ens-relay's jar has, a text each
 */
public record Resolution(List<LibraryFile> libraries, List<String> leftToOurs) {
  public Resolution {
    libraries = List.copyOf(libraries);
    leftToOurs = List.copyOf(leftToOurs);
  }
}
