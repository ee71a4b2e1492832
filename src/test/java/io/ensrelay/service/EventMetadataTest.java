package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventMetadataTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OURS = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/";
  private static final String OTHER = "28CCC64C-66E4-4E27-8BD6-9ACC9C8D0224/";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "#",
        "device/#",
        "device/+",
        "+/device/wiped",
        "$SYS/broker/clients",
        "$share/group/device/wiped",
        "$queue/device/wiped",
        "device",
        "device/",
        "/device/wiped",
        "device/wiped/",
        "device/wiped/more",
        "Device/wiped",
        "user/wiped",
        "t/device/wiped",
        "18ccc64c/device/wiped",
        "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped",
        "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224",
        "device/wi ped",
        "device/wi\u0000ped",
        "device/wi\nped",
        "device/wi\u202eped",
        "device/\ud83d\ude00",
      })
  void takesNoTopicOfAnotherForm(String topic) throws JsonProcessingException {
    EventMetadata metadata = of(Map.of("good", "device/good", "bad", topic));

    assertEquals(Map.of("good", "device/good"), metadata.topics());
    assertEquals(Set.of("bad"), metadata.refused());
  }

  @Test
  void takesNoTopicThatIsTooLong() throws JsonProcessingException {
    Map<String, Object> topics = Map.of("good", "device/good", "bad", "device/" + "x".repeat(129));

    assertEquals(Set.of("bad"), of(topics).refused());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "a\u001b[31m", "\u202eb"})
  void takesNoKeyThatCanNotBePrinted(String key) throws JsonProcessingException {
    assertEquals(Set.of(key), of(Map.of("good", "device/good", key, "device/x")).refused());
  }

  @Test
  void takesAnUnknownKeyWithAGoodTopic() throws JsonProcessingException {
    Map<String, Object> topics =
        Map.of("device_wiped", OURS + "device/wiped", "signed out!", OURS + "device/sign-out.2");

    assertEquals(topics, of(topics).topics());
  }

  @Test
  void takesTheTopicsOfTheTenantWithTheMost() throws JsonProcessingException {
    EventMetadata metadata =
        of(
            Map.of(
                "a", OURS + "device/a",
                "b", OURS + "device/b",
                "c", OTHER + "device/c",
                "d", "device/d"));

    assertEquals(Set.of("a", "b"), metadata.topics().keySet());
    assertEquals(Set.of("c", "d"), metadata.refused());
  }

  @Test
  void refusesAnAnswerThatNamesTwoTenantsAlike() {
    Map<String, Object> topics = Map.of("a", OURS + "device/a", "b", OTHER + "device/b");

    assertThrows(JsonProcessingException.class, () -> of(topics));
  }

  @Test
  void takesABoundedNumberOfTopicsAndAmongThemTheDocumentedOnes() throws JsonProcessingException {
    Map<String, Object> topics = new HashMap<>();
    IntStream.range(0, 20_000).forEach(i -> topics.put("a" + i, "device/a" + i));
    topics.put("device_wiped", "device/wiped");
    topics.put("device_check_in", "device/check_in");

    EventMetadata metadata = of(topics);

    assertEquals(EventMetadata.MOST, metadata.topics().size());
    assertTrue(metadata.topics().keySet().containsAll(Set.of("device_wiped", "device_check_in")));
    assertEquals(20_002 - EventMetadata.MOST, metadata.refused().size());
  }

  @Test
  void describesAnyNumberOfTopicsInOneShortLine(@TempDir Path data) throws JsonProcessingException {
    Map<String, Object> topics = new HashMap<>();
    IntStream.range(0, 20_000).forEach(i -> topics.put("\u0007".repeat(100) + i, "$SYS/" + i));
    topics.put("device_wiped", "device/wiped");
    try (RecordedLog log = new RecordedLog()) {
      MetadataStore store = new MetadataStore(data.toString(), "*");
      store.keep(of(topics));
      store.keep(of(topics));

      assertEquals(1, log.lines(Level.WARN).size(), log.lines(Level.WARN).toString());
      String line = log.lines(Level.WARN).get(0);
      assertTrue(line.length() < 2000, line);
      assertTrue(line.endsWith(" and 19980 more"), line);
      assertTrue(line.chars().allMatch(c -> c >= ' ' && c <= '~'), line);
    }
  }

  private static EventMetadata of(Map<String, Object> topics) throws JsonProcessingException {
    return JSON.readValue(
        JSON.writeValueAsString(Map.of("topics", topics, "retentionPeriodMinutes", 180)),
        EventMetadata.class);
  }
}
