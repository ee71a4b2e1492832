package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An end that is not clean is a note nobody closes. */
class InFlightJournalTest {
  @TempDir Path data;

  @Test
  void countsTheUncleanEndsAnEventWasUnderWayAt() {
    for (int ends = 0; ends < 4; ends++) {
      InFlightJournal notes = notes();
      assertEquals(ends, notes.ends("a"));
      assertEquals(0, notes.ends("b"));
      notes.mark(0, "a").begins();
      notes.mark(1, "b").begins();
      notes.mark(1, "b").pauses();
    }
  }

  @Test
  void beginsAnewAfterATryThatEnded() {
    notes().mark(0, "a").begins();
    InFlightJournal second = notes();
    Delivery.Mark mark = second.mark(0, "a");
    mark.begins();
    mark.ends();
    second.idle(0);
    assertEquals(0, notes().ends("a"));
  }

  @Test
  void keepsTheCountOfAnEventThatTheNextRunDidNotReach() {
    notes().mark(0, "a").begins();
    notes();
    assertEquals(1, notes().ends("a"));
  }

  @Test
  void countsNothingAfterACleanStop() {
    notes().mark(0, "a").begins();
    InFlightJournal second = notes();
    second.mark(0, "a").begins();
    second.close();
    assertEquals(0, notes().ends("a"));
  }

  @Test
  void notesNoEventWhoseTryIsOverWhileTheLaneWaits() {
    InFlightJournal first = notes();
    Delivery.Mark mark = first.mark(0, "a");
    mark.begins();
    mark.ends();
    first.idle(0);
    assertEquals(0, notes().ends("a"));
  }

  static Stream<byte[]> damaged() {
    return Stream.of(
        new byte[] {},
        new byte[] {0, -1, 10, 27, 13},
        "a a\n\n-5 x\n".getBytes(),
        "a 99999999999\n".getBytes(),
        "x".repeat(200_000).getBytes());
  }

  @ParameterizedTest
  @MethodSource("damaged")
  void startsWithDamagedNotes(byte[] content) throws Exception {
    Path directory = Files.createDirectories(data.resolve("under-way").resolve("test"));
    for (String name : List.of("now", "ends")) {
      Files.write(directory.resolve(name), content);
    }
    worksFromNowOn();
  }

  @Test
  void startsWithADirectoryInThePlaceOfItsNotes() throws Exception {
    Path directory = data.resolve("under-way").resolve("test");
    Files.createDirectories(directory.resolve("now"));
    Files.createDirectories(directory.resolve("ends"));
    worksFromNowOn();
  }

  @Test
  void doesWithoutNotesWhereItCannotWriteAny() throws Exception {
    Files.writeString(data.resolve("under-way"), "a file in the place of the directory");
    InFlightJournal notes = notes();
    notes.mark(0, "a").begins();
    notes.mark(0, "a").ends();
    notes.close();
    assertEquals(0, notes().ends("a"));
  }

  @Test
  void letsNobodyElseReadThem() throws Exception {
    notes();
    Path now = data.resolve("under-way").resolve("test").resolve("now");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(now)));
  }

  private void worksFromNowOn() {
    InFlightJournal notes = notes();
    assertEquals(0, notes.ends("a"));
    notes.mark(0, "a").begins();
    assertEquals(1, notes().ends("a"));
  }

  private InFlightJournal notes() {
    return new InFlightJournal(data, "test", 2);
  }
}
