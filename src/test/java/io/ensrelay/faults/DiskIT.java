package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk fails under the spool and under the archive. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DiskIT {
  @TempDir Path dir;

  @Test
  void waitsWhileTheDiskOfTheSpoolIsFull() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data"), 200)) {
      scene.begin();
      disk.fill();
      scene.relay.awaitLog("WARN  Spool ");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      disk.free();
      scene.recovered();
      // and again, wherever the relay is with its files by then
      for (int again = 1; again < Scale.RESTARTS; again++) {
        scene.awaitMore(Scale.RATE);
        disk.fill();
        TimeUnit.SECONDS.sleep(2);
        disk.free();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("disk full while storing", Scale.RESTARTS));
      scene.relay.kill();
    }
  }

  @Test
  void waitsWhileTheDiskOfTheArchiveIsFull() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("events"), 100)) {
      scene.begin();
      disk.fill();
      scene.relay.awaitLog("archive is stalled");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      disk.free();
      scene.recovered();
      scene.assertPerfect(scene.settle("disk full while archiving", 1));
      scene.relay.kill();
    }
  }

  @Test
  void saysThatTheDataDirectoryIsReadOnly() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data"), 200)) {
      scene.begin();
      scene.relay.kill();
      disk.readOnly(true);
      scene.relay.start();
      assertEquals(2, scene.relay.awaitEnd());
      assertTrue(scene.relay.logText().contains("ens.data.dir"), scene.relay.logText());
      disk.readOnly(false);
      long start = System.nanoTime();
      scene.relay.start();
      scene.recoveredSince(start);
      scene.assertPerfect(scene.settle("data directory read-only at the start", 1));
      scene.relay.kill();
    }
  }

  /** What was never forced to the disk may be torn or missing; what was confirmed was forced. */
  @Test
  void readsAJournalThatEndsInTheMiddleOfARecord() throws Exception {
    int times = Math.max(1, Scale.RESTARTS);
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      scene.begin();
      for (int round = 0; round < times; round++) {
        scene.awaitMore(100);
        scene.relay.kill();
        tear(lastJournalFile(scene.relay.dir().resolve("data/spool/journal")));
        long start = System.nanoTime();
        scene.relay.start();
        scene.recoveredSince(start);
      }
      scene.assertPerfect(scene.settle("kill -9, journal ends in half a record", times));
    }
  }

  /** Of those with records in them the one with the highest number in its head. */
  private static Path lastJournalFile(Path journal) throws IOException {
    try (Stream<Path> files = Files.list(journal)) {
      return files
          .filter(file -> file.toString().endsWith(".amq"))
          .filter(file -> number(file) > 0)
          .max(Comparator.comparingLong(DiskIT::number))
          .orElseThrow();
    }
  }

  private static long number(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      // version, version, number, and a record if there is one
      ByteBuffer head = ByteBuffer.allocate(17);
      boolean used = channel.read(head) == 17 && head.get(16) != 0;
      return used ? head.getLong(8) : -1;
    } catch (IOException e) {
      return -1;
    }
  }

  /** Behind the last record, the beginning of one more, and then the end of the file. */
  private static void tear(Path file) throws IOException {
    try (RandomAccessFile journal = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] bytes = new byte[(int) journal.length()];
      journal.readFully(bytes);
      int end = bytes.length;
      while (end > 16 && bytes[end - 1] == 0) {
        end--;
      }
      // records end with their length, which may end in a zero or two
      end = Math.min(bytes.length, end + 3);
      journal.setLength(end);
      journal.seek(end);
      // an add record's kind, its file's number, and no more
      journal.write(new byte[] {11});
      journal.write(bytes, 12, 4);
      journal.write(new byte[] {0, 0, 0});
    }
  }
}
