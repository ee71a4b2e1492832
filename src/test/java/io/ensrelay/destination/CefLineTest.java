package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CEF line of an event, also with data of a device that wants more than one line. */
class CefLineTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CefLine cef = new CefLine();

  @Test
  void hasWhatTheEventSays() throws Exception {
    assertEquals(
        "CEF:0|Ivanti|ENS|unknown|device.app_inventory|Device app inventory|1|rt=1582796173229"
            + " deviceExternalId=1d71e131-0487-4d1d-9a0d-89f2bd1a888d cs1Label=os cs1=IOS"
            + " cs3Label=status cs3=ACTIVE cs4Label=compliant cs4=true cs5Label=tenant cs5=default"
            + " cs6Label=model cs6=Zoë's iPad externalId=5f1c0e0a9b3d4e5f60718293a4b5c6d7",
        cef.of(SpooledEvent.one().body()));
  }

  @Test
  void hasUserAndHardwareAddressIfTheServiceNamesThem() throws Exception {
    String line = line("device.wiped", "userId", "someone@example.com");

    assertTrue(line.contains("|Device wiped|7|"), line);
    assertTrue(line.contains(" dvcmac=74:81:14:d6:f5:b7 duser=someone@example.com "), line);
  }

  @ParameterizedTest
  @CsvSource({
    "device.check_in,1",
    "device.compliant,2",
    "device.enrolled,3",
    "device.not_compliant,5",
    "device.retired,6",
    "relay.gap,8",
    "device.something_new,3"
  })
  void isAsSevereAsItsType(String type, String severity) throws Exception {
    assertTrue(line(type, "userId", "x").contains("|" + severity + "|"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\nCEF:0|Evil|E|1|forged|Forged|10|",
        "x\r\nCEF:0|Evil",
        "x\rCEF:0|Evil",
        "x\u2028CEF:0|Evil",
        "x\u0085CEF:0|Evil",
        "x\u0000\u001b[2J\u202eevil",
        "x externalId=forged",
        "x\\",
        "x\\= act=forged",
        "=\\\n|"
      })
  void keepsHostileTextInItsField(String text) throws Exception {
    for (String field : new String[] {"userId", "os", "macAddress"}) {
      String line = line("device.check_in", field, text);

      assertEquals(1, line.lines().count(), line);
      assertFalse(line.chars().anyMatch(Character::isISOControl), line);
      assertFalse(line.matches("(?s).*[\u2028\u2029\u202e].*"), line);
      // each equals sign that is not escaped belongs to a field of ours
      String fields = line.replaceAll("\\\\\\\\", "").replaceAll("\\\\=", "");
      assertEquals(7, fields.chars().filter(c -> c == '=').count(), line);
      assertTrue(line.endsWith(" externalId=id-1"), line);
    }
  }

  @Test
  void escapesASlashABarAndALineEndInTheHeader() throws Exception {
    String line = line("a|b\\c\nd|10|x", "userId", "x");

    assertTrue(line.contains("|a\\|b\\\\c?d\\|10\\|x|A\\|b\\\\c?d\\|10\\|x|3|"), line);
  }

  @Test
  void escapesInTheExtension() throws Exception {
    String line = line("device.check_in", "userId", "a=b\\c\nd\re|f");

    assertTrue(line.contains(" duser=a\\=b\\\\c\\nd\\re|f "), line);
  }

  @Test
  void cutsAnEndlessText() throws Exception {
    String line = line("device.check_in", "userId", "=".repeat(1_000_000));

    assertTrue(line.length() < 4000, "length " + line.length());
  }

  @Test
  void leavesOutWhatIsMissing() throws Exception {
    assertEquals(
        "CEF:0|Ivanti|ENS|unknown|unknown|Event|3|", cef.of("{}".getBytes(StandardCharsets.UTF_8)));
    assertTrue(cef.of(SpooledEvent.none().body()).contains(" cs5=default externalId="));
  }

  @Test
  void takesOnlyAnObject() {
    for (String odd : new String[] {"", "[1]", "x", "\"text\""}) {
      assertThrows(JacksonException.class, () -> cef.of(odd.getBytes(StandardCharsets.UTF_8)), odd);
    }
    assertThrows(JacksonException.class, () -> cef.of(SpooledEvent.malformed().body()));
  }

  private String line(String type, String field, String value) throws Exception {
    ObjectNode event = JSON.createObjectNode();
    event.put("id", "id-1").put("type", type).put("subject", "guid-1");
    event.put("time", "2020-02-27T09:36:13.229Z");
    ObjectNode device = event.putObject("data").putObject("device");
    device.put("userId", "u").put("macAddress", "74:81:14:d6:f5:b7").put("os", "IOS");
    device.put(field, value);
    return cef.of(JSON.writeValueAsBytes(event));
  }
}
