package io.ensrelay.console;

import io.ensrelay.base.Printable;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A change made by a call: the log says who changed what, and from where. A command without a relay
 * reports its own changes. Threads: safe.
 *
 * @param done what was done, as a participle; it also names the number in the answer
 * @param noun the changed things, in the singular
 * @param which selection of these, in words
 */
record AuditEntry(String done, String noun, String which) {
  private static final Logger LOG = LoggerFactory.getLogger(AuditEntry.class);

  /** Makes the change; answers how many. */
  interface Work {
    long make() throws IOException;
  }

  Reply make(Call call, Work work) throws IOException {
    try {
      long count = work.make();
      say(
          call,
          "%s %s %s%s".formatted(capital(done), count, count == 1 ? noun : noun + "s", which));
      return Reply.json(200, Map.of(done, count));
    } catch (BadCallException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // some may have been changed before
      call.caller()
          .ifPresent(
              by ->
                  LOG.info(
                      "{}s{} could not be {}, or not all, {}: {}",
                      noun,
                      Printable.line(which),
                      done,
                      by,
                      Printable.line(String.valueOf(e.getMessage()))));
      throw e;
    }
  }

  /** Logs the change that a call has made. */
  static void say(Call call, String what) {
    call.caller().ifPresent(by -> LOG.info("{}, {}", Printable.line(what), by));
  }

  private static String capital(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
