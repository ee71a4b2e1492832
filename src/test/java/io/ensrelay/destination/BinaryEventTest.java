package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.ensrelay.base.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An event taken apart, and a library that is not there. */
class BinaryEventTest {

  @Test
  void keepsTheBytesOfTheData() throws Exception {
    String data = "{ \"n\":1.10,  \"text\":\"\\u00fcü\\\"}\", \"list\":[1, {}] }";

    BinaryEvent event = of(data);

    assertEquals(data, new String(event.data(), StandardCharsets.UTF_8));
    assertEquals(Optional.of("application/json"), event.contentType());
    assertEquals(
        Map.of("specversion", "1.0", "id", "1", "source", "/ens/ü", "type", "t"),
        event.attributes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "12.50", "\"a \\\" text that is long enough\"", "[]", "true"})
  void takesDataOfEveryKind(String data) throws Exception {
    assertEquals(data, new String(of(data).data(), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "not JSON",
        "{\"specversion\":\"1.0\"",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\"}"
      })
  void refusesWhatIsNoCloudEvent(String text) {
    assertThrows(
        JsonProcessingException.class, () -> BinaryEvent.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void saysHowToAddALibraryThatIsMissing() {
    ConfigurationException missing =
        assertThrows(
            ConfigurationException.class,
            () ->
                Library.require("ens.destination.amqp", "org.example.None", "run 'ens-relay add'"));

    assertTrue(
        missing
            .getMessage()
            .startsWith("ens.destination.amqp: the class org.example.None is missing; run"),
        missing.getMessage());
  }

  private static BinaryEvent of(String data) throws Exception {
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/ens/ü\",\"type\":\"t\","
            + "\"nothing\":null,\"datacontenttype\":\"application/json\",\"data\":"
            + data
            + "}";
    return BinaryEvent.of(event.getBytes(StandardCharsets.UTF_8));
  }
}
