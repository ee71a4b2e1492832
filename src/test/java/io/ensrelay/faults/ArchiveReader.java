package io.ensrelay.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Follows the archive's files, whole lines only, into an account. */
final class ArchiveReader {
  private final Path dir;
  private final Account account;
  private final Map<Path, Long> read = new TreeMap<>();

  ArchiveReader(Path dir, Account account) {
    this.dir = dir;
    this.account = account;
  }

  /** Reads on from where the last call ended. */
  synchronized Account follow() throws IOException {
    if (Files.isDirectory(dir)) {
      for (Path file : files()) {
        follow(file);
      }
    }
    return account;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
    }
  }

  private void follow(Path file) throws IOException {
    long position = read.getOrDefault(file, 0L);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer block = ByteBuffer.allocate(1 << 16);
      long at = position;
      while (channel.read(block, at) > 0) {
        block.flip();
        while (block.hasRemaining()) {
          byte next = block.get();
          at++;
          if (next == '\n') {
            account.add(line.toByteArray());
            line.reset();
            position = at;
          } else {
            line.write(next);
          }
        }
        block.clear();
      }
    }
    read.put(file, position);
  }
}
