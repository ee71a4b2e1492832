package io.ensrelay.spool.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk that fails when it is told to, and knows what a power cut would leave of its files. It
 * forces nothing in truth, and is fast. Threads: safe.
 */
final class UnsureDisk implements Disk {
  /** What is asked of the disk. */
  enum Call {
    WRITE,
    FORCE,
    TRUNCATE,
    DELETE,
    FORCE_DIRECTORY
  }

  /** Says which calls fail. */
  interface Faults {
    boolean fails(Call call, Path path);
  }

  /** A write, or a cut where it has no bytes. */
  private record Change(long at, byte[] bytes) {}

  /** What is known of a file. */
  private static final class Content {
    private byte[] forced = new byte[0];
    private final List<Change> unforced = new ArrayList<>();

    /** Those of a force that failed: no other force of this process has an effect on them. */
    private final List<Change> doubtful = new ArrayList<>();

    void apply(Change change) {
      if (change.bytes() == null) {
        forced = Arrays.copyOf(forced, (int) change.at());
        return;
      }
      int end = (int) change.at() + change.bytes().length;
      if (forced.length < end) {
        forced = Arrays.copyOf(forced, end);
      }
      System.arraycopy(change.bytes(), 0, forced, (int) change.at(), change.bytes().length);
    }
  }

  private final Random random;
  private final Map<Path, Content> contents = new HashMap<>();
  private final List<Path> made = new ArrayList<>();
  private final Map<Path, byte[]> deleted = new HashMap<>();
  private Faults faults = (call, path) -> false;
  private long usable = Long.MAX_VALUE;

  /** Rises with each end of the process: files that were opened before are of no use then. */
  private int process;

  private boolean dead;

  UnsureDisk(Random random) {
    this.random = random;
  }

  synchronized void faults(Faults which) {
    faults = which;
  }

  synchronized void usable(long bytes) {
    usable = bytes;
  }

  /** The process ends: nothing that it does reaches the disk any more. */
  synchronized void kill() {
    dead = true;
  }

  /** Another process begins. */
  synchronized void revive() {
    process++;
    dead = false;
    faults = (call, path) -> false;
    for (Content each : contents.values()) {
      each.unforced.addAll(0, each.doubtful);
      each.doubtful.clear();
    }
  }

  /** What was not forced is gone, or there in part: the first changes of each file. */
  synchronized void cutPower() throws IOException {
    for (Map.Entry<Path, byte[]> each : deleted.entrySet()) {
      if (random.nextBoolean()) {
        Files.write(each.getKey(), each.getValue());
      }
    }
    deleted.clear();
    for (Path path : made) {
      if (random.nextBoolean()) {
        Files.deleteIfExists(path);
      }
    }
    made.clear();
    for (Map.Entry<Path, Content> each : contents.entrySet()) {
      Content content = each.getValue();
      int kept = random.nextInt(content.unforced.size() + 1);
      content.unforced.subList(0, kept).forEach(content::apply);
      if (kept < content.unforced.size() && content.unforced.get(kept).bytes() != null) {
        Change torn = content.unforced.get(kept);
        int part = random.nextInt(torn.bytes().length + 1);
        content.apply(new Change(torn.at(), Arrays.copyOf(torn.bytes(), part)));
      }
      content.unforced.clear();
      content.doubtful.clear();
      if (Files.exists(each.getKey())) {
        Files.write(each.getKey(), content.forced);
      }
    }
  }

  private void check(Call call, Path path, int opened) throws IOException {
    if (opened != process) {
      throw new IOException("the process is no more");
    }
    if (!dead && faults.fails(call, path)) {
      throw new IOException("as told: " + call);
    }
    if (dead) {
      throw new IOException("the process is dead");
    }
  }

  private Content content(Path path) throws IOException {
    Content known = contents.get(path);
    if (known == null) {
      known = new Content();
      known.forced = Files.readAllBytes(path);
      contents.put(path, known);
    }
    return known;
  }

  @Override
  public synchronized File open(Path path) throws IOException {
    if (dead) {
      throw new IOException("the process is dead");
    }
    boolean missing = Files.notExists(path);
    File file = REAL.open(path);
    if (missing) {
      made.add(path);
      contents.put(path, new Content());
    }
    content(path);
    return new UnsureFile(path, file, process);
  }

  @Override
  public File read(Path path) throws IOException {
    return REAL.read(path);
  }

  @Override
  public synchronized void delete(Path path) throws IOException {
    check(Call.DELETE, path, process);
    if (Files.exists(path)) {
      if (!made.remove(path)) {
        deleted.put(path, Files.readAllBytes(path));
      }
      contents.remove(path);
      REAL.delete(path);
    }
  }

  @Override
  public synchronized void forceDirectory(Path directory) throws IOException {
    check(Call.FORCE_DIRECTORY, directory, process);
    made.removeIf(path -> path.getParent().equals(directory));
    deleted.keySet().removeIf(path -> path.getParent().equals(directory));
  }

  @Override
  public synchronized long usable(Path directory) {
    return usable;
  }

  private final class UnsureFile implements File {
    private final Path path;
    private final File file;
    private final int opened;

    UnsureFile(Path path, File file, int opened) {
      this.path = path;
      this.file = file;
      this.opened = opened;
    }

    @Override
    public void write(byte[] bytes, int length, long at) throws IOException {
      synchronized (UnsureDisk.this) {
        boolean lives = !dead && opened == process;
        try {
          check(Call.WRITE, path, opened);
        } catch (IOException e) {
          if (lives) {
            put(bytes, random.nextInt(length + 1), at);
          }
          throw e;
        }
        put(bytes, length, at);
      }
    }

    private void put(byte[] bytes, int length, long at) throws IOException {
      if (length > 0) {
        file.write(bytes, length, at);
        content(path).unforced.add(new Change(at, Arrays.copyOf(bytes, length)));
      }
    }

    /** What a force that failed has done with the changes nobody knows; no other does it again. */
    @Override
    public void force() throws IOException {
      synchronized (UnsureDisk.this) {
        Content content = content(path);
        try {
          check(Call.FORCE, path, opened);
        } catch (IOException e) {
          if (opened == process && !dead) {
            for (Change each : content.unforced) {
              if (each.bytes() == null || random.nextBoolean()) {
                content.apply(each);
              }
            }
            content.doubtful.addAll(content.unforced);
            content.unforced.clear();
          }
          throw e;
        }
        content.unforced.forEach(content::apply);
        content.unforced.clear();
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (UnsureDisk.this) {
        check(Call.TRUNCATE, path, opened);
        file.truncate(size);
        content(path).unforced.add(new Change(size, null));
        content(path).doubtful.clear();
      }
    }

    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      return file.read(into, offset, length, at);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
