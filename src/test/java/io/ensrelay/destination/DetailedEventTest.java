package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JacksonException;
import io.ensrelay.service.DeviceName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where details go in an event, and whose they are. */
class DetailedEventTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static DetailedEvent read(String text) throws IOException {
    return DetailedEvent.of(bytes(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'data':{}} | {'data':{'details':D}}",
        "{'data':{ }} | {'data':{'details':D }}",
        "{'id':'x','data':{'é' : 1.50 ,'b':[ ] },'z':1} | {'id':'x','data':{'é' : 1.50 ,'b':[ ],'details':D },'z':1}",
        "{'data':{'details':{'at':1}}} | {'data':{'details':D}}",
        "{'data':{'details':null, 'b':2}} | {'data':{'details':D, 'b':2}}",
        "{'data':{'a':'}', 'details':[1,2] , 'b':2}} | {'data':{'a':'}','details':D , 'b':2}}"
      })
  void addsThemAsTheLastMemberOrInPlaceOfThoseThatAreThere(String event, String expected)
      throws IOException {
    byte[] made = read(event.replace('\'', '"')).with(bytes("D"));
    assertEquals(expected.replace('\'', '"'), new String(made, StandardCharsets.UTF_8));
  }

  @Test
  void namesTheDeviceByItsGuidElseByItsIdentifier() throws IOException {
    assertEquals(
        Optional.of(new DeviceName("g", true)),
        read("{\"data\":{\"device\":{\"identifier\":\"i\",\"x\":{\"deviceGuid\":\"no\"},\"deviceGuid\":\"g\"}}}")
            .device());
    assertEquals(
        Optional.of(new DeviceName("i", false)),
        read("{\"data\":{\"device\":{\"identifier\":\"i\",\"deviceGuid\":\" \"}}}").device());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\":{\"x\":{\"device\":{\"deviceGuid\":\"g\"}}}}",
        "{\"device\":{\"deviceGuid\":\"g\"},\"data\":{}}",
        "{\"data\":{\"device\":[{\"deviceGuid\":\"g\"}]}}",
        "{\"data\":{\"device\":{\"deviceGuid\":7}}}"
      })
  void anEventWithoutADeviceHasNone(String event) throws IOException {
    assertEquals(Optional.empty(), read(event).device());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "CEF:0|x", "[]", "{}", "{\"data\":7}", "{\"data\":{\"a\":"})
  void whatIsNoEventIsAMistakeOfThisEvent(String body) {
    assertThrows(JacksonException.class, () -> read(body));
  }
}
