package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One run of the benchmark: its service, its candidates, and the tables it fills. */
final class Report {
  final Service service;
  private final Path directory;
  private final List<Table> tables = new ArrayList<>();
  private List<Candidate> candidates;

  Report(Service service, Path directory) {
    this.service = service;
    this.directory = directory;
  }

  /** All, each with a session of its own. */
  List<Candidate> candidates() throws Exception {
    if (candidates == null) {
      candidates = Candidate.all(service);
    }
    return candidates;
  }

  Candidate.EnsRelay relay() throws Exception {
    return (Candidate.EnsRelay) candidates().get(candidates().size() - 1);
  }

  Table table(String name, String... columns) {
    Table table = new Table(name, columns);
    tables.add(table);
    return table;
  }

  void write() throws IOException {
    for (Table table : tables) {
      table.write(directory);
    }
  }
}
