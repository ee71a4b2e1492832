package io.ensrelay.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** A row for each fault, printed when all tests have ended and kept in {@code target/faults}. */
public final class FaultTable implements LauncherSessionListener {
  /** Test classes run in several processes. */
  private static final Path FILE =
      Path.of("target", "faults", "table-%s.md".formatted(ProcessHandle.current().pid()));

  private static final List<String> ROWS = new ArrayList<>();
  private static final String HEAD =
      "| fault | broker | times | events | lost | twice | out of order | recovery |\n"
          + "| --- | --- | --: | --: | --: | --: | --: | --: |\n";

  /**
   * @param recoveryMillis from the end of the fault until all published so far is in the archive,
   *     at most; negative where it was not measured
   */
  static synchronized void add(
      String fault, String broker, int times, Account.Result result, long recoveryMillis) {
    ROWS.add(
        String.format(
            Locale.ROOT,
            "| %s | %s | %d | %d | %d | %d | %d%s | %s |%n",
            fault,
            broker,
            times,
            result.events(),
            result.lost(),
            result.twice(),
            result.outOfOrder(),
            result.acrossTopics() == 0 ? "" : ", across topics " + result.acrossTopics(),
            recoveryMillis < 0
                ? ""
                : String.format(Locale.ROOT, "%.1f s", recoveryMillis / 1000.0)));
    try {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text() {
    return HEAD + String.join("", ROWS);
  }

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    synchronized (FaultTable.class) {
      if (!ROWS.isEmpty()) {
        System.out.println(text());
      }
    }
  }
}
