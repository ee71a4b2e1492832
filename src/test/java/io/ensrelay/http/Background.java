package io.ensrelay.http;

/**
 * What the other side of a connection does meanwhile, in a thread that does not keep the process.
 */
public final class Background {
  /** It may fail: the other side is gone, or the test is over. */
  public interface Work {
    void run() throws Exception;
  }

  private Background() {}

  public static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (Exception e) {
                // as Work says
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
