package io.ensrelay.destination;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void putsAnEventOnOneLineAndChangesNothingElse() throws IOException {
    EventJson event = EventJson.of(SpooledEvent.pretty().body(), List.of());

    String line = new String(event.bytes(), UTF_8);
    assertFalse(line.contains("\n"), line);
    assertEquals(JSON.readTree(SpooledEvent.pretty().body()), JSON.readTree(line));
    assertEquals(SpooledEvent.one().text(), text(SpooledEvent.one().text()));
    assertEquals("{\"n\":1.10}", text(" {\"n\":1.10}\n"));
  }

  @Test
  void findsScalarsByTheirPathOnly() throws IOException {
    String json =
        "{\"a\":{\"b\":\"x\",\"c\":{\"b\":\"no\"}},\"b\":\"no\",\"n\":{\"m\":7},\"o\":[{\"b\":\"no\"}]}";

    EventJson event = EventJson.of(json.getBytes(UTF_8), List.of("a.b", "n.m", "o.b", "n"));

    assertEquals(Optional.of("x"), event.text("a.b"));
    assertEquals(Optional.of("7"), event.text("n.m"));
    assertEquals(Optional.empty(), event.text("o.b"));
    assertEquals(Optional.empty(), event.text("n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{ }", "{\"a\":1}"})
  void addsAField(String json) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    EventJson.of(json.getBytes(UTF_8), List.of()).writeWith("@t", "a\"b", out);

    assertEquals("a\"b", JSON.readTree(out.toByteArray()).get("@t").asText());
    assertEquals(
        JSON.readTree(json).size() + 1,
        JSON.readTree(out.toByteArray()).size(),
        out.toString(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "[]", "\"a\"", "{", "{}{}", "{\"a\":1}x", "time=1", "{\"a\"}"})
  void refusesWhatIsNotOneObject(String json) {
    assertThrows(JacksonException.class, () -> EventJson.of(json.getBytes(UTF_8), List.of()));
  }

  @Test
  void refusesBytesThatAreNoText() {
    assertThrows(
        JacksonException.class, () -> EventJson.of(SpooledEvent.malformed().body(), List.of()));
    assertThrows(
        JacksonException.class, () -> EventJson.of("{\"a\":1}".getBytes(UTF_16), List.of()));
  }

  private static String text(String json) throws IOException {
    return new String(EventJson.of(json.getBytes(UTF_8), List.of()).bytes(), UTF_8);
  }
}
