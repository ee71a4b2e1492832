package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The account sees what the fault suite looks for. */
class AccountTest {
  @TempDir Path dir;
  private final Account account = new Account();
  private final BitSet published = new BitSet();

  {
    published.set(0, 4);
  }

  private Account.Result arrived(int... numbers) {
    for (int seq : numbers) {
      account.add("d", "t", seq);
    }
    return account.against(Map.of("d", published));
  }

  @Test
  void findsNothingWhereAllIsWell() {
    assertEquals(new Account.Result(4, 0, 0, 0, 0), arrived(0, 1, 2, 3));
  }

  @Test
  void findsWhatIsMissing() {
    assertEquals(new Account.Result(4, 1, 0, 0, 0), arrived(0, 1, 3));
  }

  @Test
  void findsADeviceOfWhichNothingCame() {
    assertEquals(
        new Account.Result(8, 4, 0, 0, 0),
        account(0, 1, 2, 3).against(Map.of("d", published, "other", published)));
  }

  @Test
  void findsWhatCameTwice() {
    assertEquals(new Account.Result(4, 0, 1, 0, 0), arrived(0, 1, 1, 2, 3));
  }

  @Test
  void findsWhatCameOutOfOrder() {
    assertEquals(new Account.Result(4, 0, 0, 1, 1), arrived(0, 2, 1, 3));
  }

  @Test
  void tellsTheOrderOfADeviceFromThatOfATopic() {
    account.add("d", "t", 0);
    account.add("d", "t", 2);
    account.add("d", "u", 1);
    account.add("d", "u", 3);
    assertEquals(new Account.Result(4, 0, 0, 0, 1), account.against(Map.of("d", published)));
  }

  @Test
  void doesNotTakeARepetitionForDisorder() {
    assertEquals(new Account.Result(4, 0, 1, 0, 0), arrived(0, 1, 2, 1, 3));
  }

  @Test
  void countsLinesThatAreNoJson() {
    account.add("{\"data\":{\"se".getBytes(StandardCharsets.UTF_8));
    assertEquals(1, account.unreadable());
  }

  @Test
  void readsWholeLinesOfTheArchiveAsTheyCome() throws Exception {
    Path file = dir.resolve("default-2026-01-01.jsonl");
    ArchiveReader archive = new ArchiveReader(dir, account);
    String line = "{\"data\":{\"seq\":%d,\"device\":{\"deviceGuid\":\"d\"}}}\n";
    String two = line.formatted(0) + line.formatted(1);
    Files.writeString(file, two.substring(0, two.length() - 10));
    assertEquals(1, archive.follow().count());
    Files.writeString(file, two + line.formatted(2));
    assertEquals(3, archive.follow().count());
    assertEquals(new Account.Result(4, 1, 0, 0, 0), account.against(Map.of("d", published)));
  }

  private Account account(int... numbers) {
    arrived(numbers);
    return account;
  }
}
