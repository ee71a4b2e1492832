package io.ensrelay.delivery;

import io.ensrelay.base.Printable;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The changes that live editing can't put into effect: mistakes in route files, and changes that
 * need a restart. A bean of Camel's registry, so that console, health and metrics can show it.
 * Threads: safe.
 */
public final class RouteProblems {
  private volatile State state = new State(List.of(), List.of());

  /**
   * A mistake in a file; what ran before it goes on.
   *
   * @param file as the settings name it
   * @param line from 1; empty: it is not known
   * @param text the mistake and what to do, on one line
   * @param since when it was found
   */
  public record Problem(String file, Optional<Integer> line, String text, Instant since) {
    /**
     * A mistake that was just found.
     *
     * @param text made printable, on one line
     */
    public static Problem now(Path file, Optional<Integer> line, String text) {
      return new Problem(file.toString(), line, Printable.line(text), Instant.now());
    }

    /** The place and the text, on one line. */
    @Override
    public String toString() {
      return file + line.map(number -> ", line " + number).orElse("") + ": " + text;
    }
  }

  /**
   * At one moment.
   *
   * @param restartNeeded the changed files, with what changed in them as far as it is known
   */
  public record State(List<Problem> problems, List<String> restartNeeded) {
    public State {
      problems = List.copyOf(problems);
      restartNeeded = List.copyOf(restartNeeded);
    }
  }

  public State now() {
    return state;
  }

  public void become(State newState) {
    state = newState;
  }
}
