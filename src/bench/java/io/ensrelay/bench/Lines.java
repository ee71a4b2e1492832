package io.ensrelay.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** Reads on in a file that another process writes, line by line. */
final class Lines {
  private static final byte[] SEQ = {'"', 's', 'e', 'q', '"', ':'};

  private final Path file;
  private final IntConsumer seen;
  private final ByteBuffer block = ByteBuffer.allocate(1 << 20);
  private long position;
  private long count;
  private int matched;
  private int seq = -1;

  /**
   * @param file may not be there yet
   * @param seen gets the number of each line's message
   */
  Lines(Path file, IntConsumer seen) {
    this.file = file;
    this.seen = seen;
  }

  Lines(Path file) {
    this(file, null);
  }

  /** How many lines there are by now. */
  long count() throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.size() > position && channel.read(block.clear(), position) > 0) {
        block.flip();
        position += block.remaining();
        if (seen == null) {
          countLines();
        } else {
          readLines();
        }
      }
    }
    return count;
  }

  private void countLines() {
    byte[] bytes = block.array();
    for (int i = 0; i < block.limit(); i++) {
      if (bytes[i] == '\n') {
        count++;
      }
    }
  }

  private void readLines() {
    byte[] bytes = block.array();
    for (int i = 0; i < block.limit(); i++) {
      byte b = bytes[i];
      if (b == '\n') {
        count++;
        if (seq >= 0) {
          seen.accept(seq);
        }
        seq = -1;
        matched = 0;
      } else if (matched == SEQ.length) {
        if (b >= '0' && b <= '9') {
          seq = Math.max(seq, 0) * 10 + b - '0';
        } else {
          matched = seq >= 0 ? SEQ.length + 1 : 0;
        }
      } else if (matched < SEQ.length) {
        matched = b == SEQ[matched] ? matched + 1 : b == SEQ[0] ? 1 : 0;
      }
    }
  }
}
