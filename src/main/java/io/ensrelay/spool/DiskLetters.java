package io.ensrelay.spool;

import java.io.IOException;
import java.util.List;

/** Dead letters that are in the database only. */
final class DiskLetters implements LetterWriter {
  private final DatabaseFile file;

  DiskLetters(DatabaseFile file) {
    this.file = file;
  }

  /** Keeps all letters in one transaction, or none of them if it fails. */
  @Override
  public void add(List<NewDeadLetter> letters) throws IOException {
    file.write(
        connection -> {
          DeadLetterTable.insert(connection, letters);
          return letters.size();
        });
  }

  @Override
  public void delete(List<Long> rows) throws IOException {
    file.read(
        0,
        connection -> {
          DeadLetterTable.delete(connection, rows);
          return rows.size();
        });
  }

  @Override
  public void prepare() {}

  @Override
  public void close() {}
}
