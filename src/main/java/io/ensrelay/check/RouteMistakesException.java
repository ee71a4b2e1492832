package io.ensrelay.check;

import java.util.List;
import java.util.stream.Collectors;

/** Route files with mistakes that end a start. Immutable. */
public final class RouteMistakesException extends RuntimeException {
  private final transient List<Mistake> mistakes;

  /**
   * @param mistakes at least one
   */
  public RouteMistakesException(List<Mistake> mistakes) {
    super(mistakes.stream().map(Mistake::toString).collect(Collectors.joining("\n")));
    this.mistakes = List.copyOf(mistakes);
  }

  /** Returns them by file and line. */
  public List<Mistake> mistakes() {
    return mistakes;
  }
}
