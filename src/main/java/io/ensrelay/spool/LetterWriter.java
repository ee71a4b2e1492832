package io.ensrelay.spool;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Adds and deletes dead letters: on disk in the database itself, on Kafka in a topic, of which the
 * database shows the result. Threads: safe.
 */
interface LetterWriter extends Closeable {
  /** Adds letters; they are safe when this returns. */
  void add(List<NewDeadLetter> letters) throws IOException;

  /** Deletes the letters in these rows of the database. */
  void delete(List<Long> rows) throws IOException;

  /** Called before the database is read. */
  void prepare() throws IOException;

  @Override
  void close();
}
