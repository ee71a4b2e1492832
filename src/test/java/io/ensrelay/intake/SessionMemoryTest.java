package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionMemoryTest {
  @TempDir Path data;

  @Test
  void namesTheFileThatIsDamagedAndLeavesItAlone() throws Exception {
    Path file = Files.writeString(data.resolve("session.json"), "{\"clientId\":");

    UncheckedIOException refused =
        assertThrows(
            UncheckedIOException.class, () -> new SessionMemory(new SessionFile(data), "test", ""));

    // a person sees the innermost reason
    String said = refused.getCause().getMessage();
    assertTrue(said.startsWith(file + ": it is damaged."), said);
    assertEquals("{\"clientId\":", Files.readString(file));
  }

  @Test
  void forgetsTopicsThatCanNotBeUnsubscribed() throws Exception {
    Files.writeString(
        data.resolve("session.json"),
        "{\"clientId\":\"a\",\"subscriptions\":{\"t/bell\\u0007\":\"bell\",\"t/good\":\"good\"}}");

    assertEquals(
        Map.of("t/good", "good"),
        new SessionMemory(new SessionFile(data), "test", "").subscriptions());
  }

  @Test
  void needsNoFileIfTheSettingsGiveTheClientId() throws Exception {
    Files.writeString(data.resolve("session.json"), "{\"clientId\":");

    assertEquals("mine", new SessionMemory(new SessionFile(data), "test", "mine").clientId());
  }
}
