package io.ensrelay.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FleetAnswersTest {
  private static FleetPage page(String json) throws IOException {
    return FleetAnswers.page(json.getBytes(UTF_8), Instant.EPOCH, Set.of("lastCheckInTime"));
  }

  private static long digest(String device) throws IOException {
    return page("[" + device + "]").devices().get(0).digest().value();
  }

  @Test
  void keepsTheBytesOfEachDevice() throws IOException {
    FleetPage page =
        page(
            "{\"results\":2,\"searchResults\":[ {\"deviceGuid\" : \"a\",\"n\":1.50},7,"
                + "{\"identifier\":\"b\",\"status\":\"ACTIVE\"}],\"offset\":0,\"limit\":50}");

    assertEquals(OptionalInt.of(50), page.limit());
    assertEquals(
        List.of(
            "{\"deviceGuid\" : \"a\",\"n\":1.50}", "{\"identifier\":\"b\",\"status\":\"ACTIVE\"}"),
        page.devices().stream().map(device -> new String(device.json(), UTF_8)).toList());
    assertEquals("a", page.devices().get(0).digest().id().orElseThrow());
    assertEquals("b", page.devices().get(1).digest().id().orElseThrow());
    assertEquals("ACTIVE", page.devices().get(1).digest().status().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "true",
        "{}",
        "{\"searchResults\":{}}",
        "{\"searchResults\":[{\"deviceGuid\":\"a\"}",
        "{\"searchResults\":[{\"deviceGuid\":\"a\"},",
        "{\"searchResults\":[]} {}",
        "{\"error\":\"try later\"}",
        "<html>"
      })
  void refusesAnAnswerThatIsNoPage(String answer) {
    assertThrows(IOException.class, () -> page(answer));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{\"searchResults\":[]}", "{\"results\":0}"})
  void readsAPageWithoutDevices(String answer) throws IOException {
    assertEquals(List.of(), page(answer).devices());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "17 | 17",
        "{\"result\":17} | 17",
        "{\"count\":\"17\"} | 17",
        "\"17\" | 17",
        "{\"a\":[1],\"total\":17} | 17",
        "{} | -1",
        "[17] | -1",
        "17.5 | -1",
        "-3 | -1",
        "many | -1"
      })
  void readsANumberOfDevices(String answer, long count) {
    assertEquals(
        count < 0 ? OptionalLong.empty() : OptionalLong.of(count),
        FleetAnswers.count(answer.getBytes(UTF_8)));
  }

  @Test
  void aDeviceDiffersByItsFieldsAndNotByTheirOrder() throws IOException {
    long one = digest("{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":2}],\"b\":true}");

    assertEquals(one, digest("{\"b\": true,\"n\":[1, {\"y\":2,\"x\":1}],\"deviceGuid\":\"a\"}"));
    assertEquals(
        one,
        digest(
            "{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":2}],\"b\":true,\"c\":null,\"lastCheckInTime\":5}"));
    for (String other :
        List.of(
            "{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":2}],\"b\":false}",
            "{\"deviceGuid\":\"a\",\"n\":[{\"x\":1,\"y\":2},1],\"b\":true}",
            "{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":\"2\"}],\"b\":true}",
            "{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":2}],\"b\":true,\"c\":1}",
            "{\"deviceGuid\":\"a\",\"n\":[1,{\"x\":1,\"y\":2}]}")) {
      assertNotEquals(one, digest(other), other);
    }
    assertNotEquals(digest("{\"n\":\"371\"}"), digest("{\"n\":271}"));
  }
}
