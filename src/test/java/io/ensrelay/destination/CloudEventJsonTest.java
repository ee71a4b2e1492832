package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of a CloudEvent. */
class CloudEventJsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"n\":1.10,\"t\":\"Zoë's iPad \\u00e9 😀\",\"device\":{\"data\":{}}}",
        "{ \"a\" : [ 1 , 2 ] }",
        "{}",
        "[1,2]",
        "\"text \\\" with } and ü\"",
        "1.50",
        "-1e400",
        "true",
        "null"
      })
  void hasTheDataByteForByte(String data) throws Exception {
    assertEquals(data, data("{\"id\":\"1\",\"data\":" + data + ",\"type\":\"t\"}"));
    assertEquals(data, data("{\"x\":{\"data\":1},\"data\" :\n " + data + " }"));
  }

  @Test
  void hasTheAttributesAsText() throws Exception {
    CloudEventJson event =
        CloudEventJson.of(
            bytes("{\"id\":\"a\\\"b\",\"n\":7,\"b\":true,\"no\":null,\"o\":{\"p\":1},\"data\":1}"));

    assertEquals(Map.of("id", "a\"b", "n", "7", "b", "true"), event.attributes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "[]", "1", "{", "{\"data\":{}", "{}{}", "{},{}", "{\"data\":}"})
  void takesNothingButOneObject(String text) {
    assertThrows(JacksonException.class, () -> CloudEventJson.of(bytes(text)));
  }

  @Test
  void saysThatThereIsNoData() {
    assertThrows(JacksonException.class, () -> CloudEventJson.of(bytes("{}")).requireData());
  }

  private static String data(String event) throws IOException {
    return new String(CloudEventJson.of(bytes(event)).requireData(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
