package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FaultTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void takesDefaultsForWhatIsLeftOut() throws Exception {
    assertEquals(3, read("{'kind':'mqtt-refuse'}").code());
    assertEquals("10s", read("{'kind':'rest-slow'}").delay());
    assertEquals("device_sign_out", read("{'kind':'metadata-new-key'}").key());
    assertEquals("device_retired", read("{'kind':'metadata-missing-key'}").key());
    assertNull(read("{'kind':'rest-cut'}").count());
  }

  @ParameterizedTest
  @EnumSource(FaultKind.class)
  void writesWhatItReads(FaultKind kind) throws Exception {
    Fault fault = kind == FaultKind.REST_STATUS ? Fault.status(503) : Fault.of(kind);

    assertEquals(fault, JSON.readValue(JSON.writeValueAsString(fault), Fault.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|kind: is missing",
        "{'kind':'fire'}|kind: fire is none of rest-status,",
        "{'kind':'rest-status'}|status: is missing",
        "{'kind':'rest-status','status':200}|status: 200 must be from 400 to 599",
        "{'kind':'rest-status','status':429,'retryAfter':-1}|retryAfter: -1 must be from 0",
        "{'kind':'rest-cut','status':503}|status: rest-cut has none",
        "{'kind':'rest-slow','delay':'soon'}|delay: soon must be a number and",
        "{'kind':'rest-slow','delay':'11m'}|delay: 11m must be from 1ms to 10m",
        "{'kind':'mqtt-refuse','code':6}|code: 6 must be from 1 to 5",
        "{'kind':'mqtt-pause','count':3}|count: mqtt-pause has none",
        "{'kind':'mqtt-drop','duration':'3s'}|duration: mqtt-drop has none",
        "{'kind':'rest-cut','count':0}|count: 0 must be from 1 to 1000000",
        "{'kind':'rest-cut','duration':'0s'}|duration: 0s must be from 1ms to 30d",
        "{'kind':'rest-cut','path':''}|path: must have 1 to 200 characters",
        "{'kind':'metadata-new-key','key':'Retired'}|key: must be device_ and",
      })
  void saysWhatIsWrong(String json, String start) {
    Exception failure = assertThrows(Exception.class, () -> read(json));
    Throwable reason = failure.getCause() == null ? failure : failure.getCause();
    assertTrue(reason.getMessage().startsWith(start), reason.getMessage());
    assertFalse(reason.getMessage().contains("\n"), reason.getMessage());
  }

  private static Fault read(String json) throws Exception {
    return JSON.readValue(json.replace('\'', '"'), Fault.class);
  }
}
