package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of an answer, and the devices to which they belong. */
class DetailsAnswersTest {
  private static final List<DeviceName> ASKED =
      List.of(new DeviceName("1D71-a", true), new DeviceName("2", true));

  private static Map<String, String> read(DetailsCall call, String answer) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    DetailsAnswers.of(call, ASKED, answer.getBytes(StandardCharsets.UTF_8))
        .forEach((name, json) -> texts.put(name.id(), new String(json, StandardCharsets.UTF_8)));
    return texts;
  }

  @Test
  void cutsOutEachDeviceAsItStandsButOnOneLine() throws IOException {
    assertEquals(
        Map.of(
            "1D71-a",
            "{ \"deviceGuid\":\"1d71-A\",  \"n\":1.50}",
            "2",
            "{\"x\":{\"deviceGuid\":\"1D71-a\"},\"identifier\":\"2\"}"),
        read(
                DetailsCall.DEVICE,
                "\uFEFF [{ \"deviceGuid\":\"1d71-A\",\r\n\"n\":1.50},\n{\"x\":{\"deviceGuid\":\"1D71-a\"},\"identifier\":\"2\"}] ")
            .entrySet()
            .stream()
            .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  @Test
  void leavesOutDevicesThatWereNotAskedForAndRepetitions() throws IOException {
    assertEquals(
        Map.of("2", "{\"guid\":\"2\"}"),
        read(DetailsCall.DEVICE, "[{\"guid\":\"3\"},{\"guid\":\"2\"},{\"guid\":\"2\",\"x\":1}]"));
    assertEquals(Map.of(), read(DetailsCall.DEVICE, "[]"));
  }

  @Test
  void takesTheApplicationsOutOfTheirDevice() throws IOException {
    assertEquals(
        Map.of("2", "[{\"name\":\"Mail\"}]", "1D71-a", "[]"),
        read(
            DetailsCall.APPLICATIONS,
            "[{\"applications\":[{\"name\":\"Mail\"}],\"deviceMdmId\":\"2\"},{\"deviceGuid\":\"1D71-a\"}]"));
  }

  @Test
  void anEmptyBodyMeansNoApplications() throws IOException {
    assertEquals(Map.of(), read(DetailsCall.APPLICATIONS, " "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{\"searchResults\":[]}",
        "[{\"deviceGuid\":\"2\"}",
        "[{\"deviceGuid\":\"2\"}] []",
        "[\"2\"]",
        "[{\"deviceGuid\":\"3\"}]",
        "<html>"
      })
  void anAnswerThatIsNoArrayOfTheseDevicesIsAFailure(String answer) {
    assertThrows(IOException.class, () -> read(DetailsCall.DEVICE, answer));
  }
}
