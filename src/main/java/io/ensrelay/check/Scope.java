package io.ensrelay.check;

import io.ensrelay.base.Printable;
import io.ensrelay.base.Redaction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Collects the mistakes of one file. Threads: one.
 *
 * @param placeholders what a placeholder may name in this file
 * @param beans names of the beans that this file may refer to
 */
record Scope(Path file, Placeholders placeholders, Set<String> beans, List<Mistake> mistakes) {

  Scope(Path file, Placeholders placeholders, Set<String> beans) {
    this(file, placeholders, beans, new ArrayList<>());
  }

  /** Returns the scope of a template, whose parameters and beans are placeholders too. */
  Scope inTemplate(Set<String> names, Set<String> ownBeans) {
    Set<String> all = new HashSet<>(beans);
    all.addAll(ownBeans);
    return new Scope(file, placeholders.with(names), all, mistakes);
  }

  void failed(int line, String problem, String remedy) {
    mistakes.add(Mistake.failed(file, line, clean(problem), clean(remedy)));
  }

  void warning(int line, String problem, String remedy) {
    mistakes.add(Mistake.warning(file, line, clean(problem), clean(remedy)));
  }

  private static String clean(String text) {
    return Redaction.text(Printable.line(text.strip(), 300));
  }
}
