package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonParseException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whose fault a failure is, by the rules that ship. */
class FailureRulesTest {
  private final FailureRules rules = shipped();

  /** Those of routes/errors.camel.yaml. */
  private static FailureRules shipped() {
    FailureRules rules = new FailureRules();
    rules.setPasses(list("passes"));
    rules.setRefuses(list("refuses"));
    rules.setWrong(list("wrong"));
    return rules;
  }

  private static String list(String name) {
    try {
      Matcher found =
          Pattern.compile("(?m)^ +" + name + ": >-\n((?: {10}.*\n)+)")
              .matcher(Files.readString(Path.of("routes/errors.camel.yaml")));
      if (!found.find()) {
        throw new IllegalStateException(name);
      }
      return found.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "301, DESTINATION",
    "304, DESTINATION",
    "400, EVENT",
    "401, DESTINATION",
    "403, DESTINATION",
    "404, DESTINATION",
    "405, DESTINATION",
    "407, DESTINATION",
    "408, PASSES",
    "409, EVENT",
    "410, DESTINATION",
    "413, EVENT",
    "415, EVENT",
    "422, EVENT",
    "425, PASSES",
    "429, PASSES",
    "500, PASSES",
    "503, PASSES",
    "599, PASSES"
  })
  void goByTheStatusOfAnAnswer(int status, Fault fault) {
    assertEquals(fault, rules.of(answer(status)));
    assertEquals(fault, rules.of(new CamelExecutionException("in a route", null, answer(status))));
  }

  @ParameterizedTest
  @CsvSource({
    "08006, PASSES", "40001, PASSES", "53300, PASSES", "57P01, PASSES", "28P01, DESTINATION",
    "3D000, DESTINATION", "42P01, DESTINATION", "22001, EVENT", "23505, EVENT", "0A000, UNKNOWN"
  })
  void goByTheStateOfADatabase(String state, Fault fault) {
    assertEquals(fault, rules.of(new SQLException("no", state)));
    assertEquals(fault, rules.of(new RuntimeException(new SQLException("no", state))));
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new ConnectException("refused"), Fault.PASSES),
        Arguments.of(new SSLHandshakeException("expired"), Fault.PASSES),
        Arguments.of(new RuntimeCamelException(new ConnectException("refused")), Fault.PASSES),
        Arguments.of(new JMSException("away"), Fault.PASSES),
        Arguments.of(new JMSSecurityException("wrong password"), Fault.DESTINATION),
        Arguments.of(new AccessDeniedException("events"), Fault.DESTINATION),
        Arguments.of(new NoSuchBeanException("x"), Fault.DESTINATION),
        Arguments.of(new NoClassDefFoundError("x"), Fault.DESTINATION),
        Arguments.of(new JsonParseException(null, "no JSON"), Fault.EVENT),
        Arguments.of(new MalformedInputException(1), Fault.EVENT),
        Arguments.of(new RuntimeCamelException(new StackOverflowError()), Fault.EVENT),
        Arguments.of(new IllegalArgumentException("not listed"), Fault.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void goByTheClosestClass(Throwable failure, Fault fault) {
    assertEquals(fault, rules.of(failure));
  }

  @Test
  void goByTheOutermostFailureThatHasARule() {
    JMSException outer = new JMSException("away");
    outer.initCause(new MalformedInputException(1));

    assertEquals(Fault.PASSES, rules.of(outer));
  }

  @Test
  void endWithACircleOfCauses() {
    RuntimeException one = new RuntimeException("one");
    RuntimeException two = new RuntimeException("two", one);
    one.initCause(two);

    assertEquals(Fault.UNKNOWN, rules.of(one));
  }

  @Test
  void ofTheUserGoBeforeThoseThatShip() {
    rules.setAlsoWrong("HTTP 404,\n  java.net.ConnectException");
    rules.setAlsoPasses(IllegalArgumentException.class.getName());

    assertEquals(Fault.EVENT, rules.of(answer(404)));
    assertEquals(Fault.EVENT, rules.of(new ConnectException("refused")));
    assertEquals(Fault.PASSES, rules.of(new NumberFormatException("extends it")));
    assertEquals(Fault.DESTINATION, rules.of(answer(403)));
  }

  @ParameterizedTest
  @CsvSource({"HTTP 99", "HTTP 6xx", "http 404", "SQLState 0", "java.io.", "a b"})
  void refuseWhatIsNoRule(String rule) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> rules.setAlsoPasses(rule));

    assertEquals(
        rule + " is no rule: give the name of an exception, HTTP 429, HTTP 5xx or SQLState 08",
        refused.getMessage());
  }

  @Test
  void countWrongEventsOfDifferentDevices() {
    Refusals refusals = new Refusals();

    assertEquals(1, refusals.wrong("a"));
    assertEquals(1, refusals.wrong("a"));
    assertEquals(2, refusals.wrong("b"));
    refusals.accepted();
    assertEquals(1, refusals.wrong("b"));
  }

  private static HttpOperationFailedException answer(int status) {
    return new HttpOperationFailedException("http://siem", status, "", null, Map.of(), "no");
  }
}
