package io.ensrelay.spool;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Where dead letters are added and deleted; the database shows the result. On disk that is the
 * database itself, on Kafka a topic. Threads: safe.
 */
interface LetterBook extends Closeable {
  /** Adds letters; they are safe when this returns. */
  void add(List<NewDeadLetter> letters) throws IOException;

  /** Deletes the letters in these rows of the database. */
  void delete(List<Long> rows) throws IOException;

  /** Called before the database is read. */
  void prepare() throws IOException;

  @Override
  void close();
}
