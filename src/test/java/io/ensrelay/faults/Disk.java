package io.ensrelay.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A small disk in memory, mounted on a folder; where that is not permitted, the test is skipped.
 */
public final class Disk implements AutoCloseable {
  private final Path folder;
  private final Path filler;

  private Disk(Path folder) {
    this.folder = folder;
    filler = folder.resolve(".filler");
  }

  public static Disk mount(Path folder, int megabytes) throws Exception {
    Files.createDirectories(folder);
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", folder.toString()),
        "a disk of its own can't be mounted here (needs root): not tried");
    return new Disk(folder);
  }

  /** Takes all that is free. */
  void fill() {
    byte[] block = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      // full
    }
  }

  /** Takes what is free, but for this much. */
  public void fillTo(int megabytesFree) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    try (OutputStream out = Files.newOutputStream(filler)) {
      for (long left = free - ((long) megabytesFree << 20); left > 0; left -= 1 << 16) {
        out.write(new byte[1 << 16]);
      }
    }
  }

  void free() throws IOException {
    Files.delete(filler);
  }

  public void enlarge(int megabytes) throws Exception {
    remount("size=" + megabytes + "m");
  }

  /** Fails while a file is open for writing. */
  public void readOnly(boolean readOnly) throws Exception {
    remount(readOnly ? "ro" : "rw");
  }

  private void remount(String options) throws Exception {
    if (!run("mount", "-o", "remount," + options, folder.toString())) {
      throw new IOException(folder + " can't be mounted anew");
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  @Override
  public void close() throws Exception {
    run("umount", "-l", folder.toString());
  }
}
