package io.ensrelay.spool.log;

/**
 * Events that can't be read any more.
 *
 * @param file the name of the file and the place in it, or what is missing
 * @param from the number of the first event that is lost
 * @param to the number of the first event behind them
 */
public record Damage(String file, long from, long to) {
  public long events() {
    return to - from;
  }
}
