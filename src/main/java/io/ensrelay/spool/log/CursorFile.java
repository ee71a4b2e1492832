package io.ensrelay.spool.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cursor's file with two slots. The forced slot is not overwritten until the other one is forced
 * too. So a power cut during a write loses the confirmations since the last force, but never the
 * cursor. Threads: one.
 */
final class CursorFile implements AutoCloseable {
  /** Length, checksum, and the version that tells which slot is newer. */
  private static final int HEAD = 4 + 4 + 8;

  private static final int SLOT_BYTES = 64 << 10;
  private static final Logger LOG = LoggerFactory.getLogger(CursorFile.class);

  private final Disk disk;
  private final Path path;
  private Disk.File file;
  private long version;

  /** The slot that the next write goes to. */
  private int slot;

  private boolean written;

  CursorFile(Disk disk, Path path) {
    this.disk = disk;
    this.path = path;
  }

  Path path() {
    return path;
  }

  /**
   * Content of a cursor's file.
   *
   * @param newest the newest valid state; empty: there is none
   * @param damaged whether a slot is neither valid nor empty
   */
  record Content(Optional<CursorState> newest, boolean damaged) {}

  /** The newest valid state; empty: there is none. Logs damage. */
  Optional<CursorState> read() throws IOException {
    Content content = look();
    if (content.damaged()) {
      LOG.warn(
          "{} is damaged: {}",
          path,
          content.newest().isPresent()
              ? "its previous state is used, and some events may be delivered again"
              : "nothing in it can be read");
    }
    return content.newest();
  }

  /** Reads the file; a slot that is being written may look damaged. */
  Content look() throws IOException {
    try (Disk.File in = disk.read(path)) {
      Optional<CursorState> newest = Optional.empty();
      boolean damaged = false;
      for (int each = 0; each < 2; each++) {
        ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES);
        bytes.limit(in.read(bytes.array(), 0, SLOT_BYTES, (long) each * SLOT_BYTES));
        Optional<CursorState> found = state(bytes);
        if (found.isPresent() && bytes.getLong(8) > version) {
          version = bytes.getLong(8);
          slot = 1 - each;
          newest = found;
        }
        damaged |= found.isEmpty() && !isEmpty(bytes);
      }
      return new Content(newest, damaged);
    }
  }

  private static boolean isEmpty(ByteBuffer slot) {
    for (int i = 0; i < slot.limit(); i++) {
      if (slot.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Optional<CursorState> state(ByteBuffer slot) {
    if (slot.limit() < HEAD) {
      return Optional.empty();
    }
    int length = slot.getInt(0);
    if (length <= 0 || length > slot.limit() - HEAD || slot.getInt(4) != sum(slot, length)) {
      return Optional.empty();
    }
    byte[] bytes = new byte[length];
    slot.get(HEAD, bytes);
    try {
      return Optional.of(CursorState.of(bytes));
    } catch (RuntimeException e) {
      // the checksum is correct, but this version did not write the state
      return Optional.empty();
    }
  }

  private static int sum(ByteBuffer slot, int length) {
    CRC32C sum = new CRC32C();
    sum.update(slot.array(), 8, 8 + length);
    return (int) sum.getValue();
  }

  /** Writes a state: it then survives a crash, and a power cut after {@link #force()}. */
  void write(CursorState state) throws IOException {
    byte[] bytes = state.bytes();
    ByteBuffer out = ByteBuffer.allocate(HEAD + bytes.length);
    out.putInt(bytes.length).putInt(0).putLong(version + 1).put(bytes);
    out.putInt(4, sum(out, bytes.length));
    if (file == null) {
      file = disk.open(path);
      // the slot that was read may not be on disk yet, and the next write overwrites the other one
      file.force();
    }
    file.write(out.array(), out.position(), (long) slot * SLOT_BYTES);
    version++;
    written = true;
  }

  void force() throws IOException {
    if (written) {
      file.force();
      written = false;
      slot = 1 - slot;
    }
  }

  void delete() throws IOException {
    close();
    disk.delete(path);
    disk.forceDirectory(path.getParent());
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
