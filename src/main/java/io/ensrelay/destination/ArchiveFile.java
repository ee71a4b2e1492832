package io.ensrelay.destination;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads and repairs the archive files of earlier runs. */
final class ArchiveFile {
  private static final Pattern ID =
      Pattern.compile("^\\{\"specversion\":\"1\\.0\",\"id\":\"([0-9a-f]{32})\"", Pattern.MULTILINE);
  private static final int BLOCK_BYTES = 64 << 10;

  /** Far more bytes than are ever unconfirmed at one time. */
  private static final int TAIL_BYTES = 4 << 20;

  private ArchiveFile() {}

  static Predicate<Path> of(String tenant) {
    Pattern name = Pattern.compile(Pattern.quote(tenant) + "-\\d{4}-\\d{2}-\\d{2}\\.jsonl");
    return path ->
        name.matcher(path.getFileName().toString()).matches()
            && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Offset after the last complete line: the file's size, except after a crash within a line. */
  static long endOfLastLine(FileChannel file) throws IOException {
    long end = file.size();
    while (end > 0) {
      long from = Math.max(0, end - BLOCK_BYTES);
      byte[] block = read(file, from, (int) (end - from));
      for (int i = block.length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return from + i + 1;
        }
      }
      end = from;
    }
    return 0;
  }

  /** Truncates an incomplete last line. */
  static void cutHalfLine(Path path) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      long end = endOfLastLine(file);
      if (end < file.size()) {
        file.truncate(end);
        file.force(true);
      }
    }
  }

  /**
   * The ids of the last lines in order. Truncates an incomplete last line, and forces the file to
   * disk.
   */
  static Set<String> lastIds(Path path) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long end = endOfLastLine(file);
      if (end < file.size()) {
        cutHalfLine(path);
      }
      file.force(true);
      long from = Math.max(0, end - TAIL_BYTES);
      String tail = new String(read(file, from, (int) (end - from)), StandardCharsets.ISO_8859_1);
      Set<String> ids = new LinkedHashSet<>();
      Matcher matcher = ID.matcher(tail);
      while (matcher.find()) {
        ids.add(matcher.group(1));
      }
      return ids;
    }
  }

  private static byte[] read(FileChannel file, long from, int length) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(length);
    while (block.hasRemaining() && file.read(block, from + block.position()) >= 0) {
      // a channel may return less than requested
    }
    return block.array();
  }
}
