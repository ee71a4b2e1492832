package io.ensrelay.simulator;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A set of message ids, which only increase. It takes about one bit for each id in its span: a
 * million ids take some hundred kilobytes. Beyond {@value #MOST_PAGES} pages of {@value #PAGE} ids
 * it drops the oldest page.
 *
 * <p>Threads: safe.
 */
final class PurgedIds {
  private static final int PAGE = 1 << 16;
  private static final int MOST_PAGES = 1024;

  private final Map<Long, BitSet> pages =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, BitSet> eldest) {
          return size() > MOST_PAGES;
        }
      };
  private volatile boolean empty = true;

  synchronized void add(long id) {
    pages.computeIfAbsent(id / PAGE, page -> new BitSet()).set((int) (id % PAGE));
    empty = false;
  }

  boolean contains(long id) {
    return !empty && containsNow(id);
  }

  boolean isEmpty() {
    return empty;
  }

  /** Moves all ids of another set into this one. */
  void takeAll(PurgedIds others) {
    if (others.isEmpty()) {
      return;
    }
    Map<Long, BitSet> taken;
    synchronized (others) {
      taken = new LinkedHashMap<>(others.pages);
      others.pages.clear();
      others.empty = true;
    }
    synchronized (this) {
      taken.forEach((page, ids) -> pages.computeIfAbsent(page, each -> new BitSet()).or(ids));
      empty = empty && taken.isEmpty();
    }
  }

  private synchronized boolean containsNow(long id) {
    BitSet page = pages.get(id / PAGE);
    return page != null && page.get((int) (id % PAGE));
  }
}
