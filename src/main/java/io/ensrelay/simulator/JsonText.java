package io.ensrelay.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.ensrelay.base.Printable;
import java.io.IOException;

/** Parses JSON written by people and reports an error in one line. */
final class JsonText {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonText() {}

  /**
   * @throws IllegalArgumentException with one line that names the field
   */
  static <T> T read(byte[] text, Class<T> type) {
    try {
      T value = JSON.readValue(text, type);
      if (value == null) {
        throw new IllegalArgumentException("a JSON object is missing");
      }
      return value;
    } catch (IOException e) {
      throw new IllegalArgumentException(line(e), e);
    }
  }

  /** Converts maps and lists already parsed, with the same errors. */
  static <T> T convert(Object parsed, Class<T> type) {
    try {
      return JSON.convertValue(parsed, type);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          e.getCause() instanceof JsonProcessingException cause ? line(cause) : e.getMessage(), e);
    }
  }

  private static String line(IOException failure) {
    if (failure instanceof ValueInstantiationException wrong && wrong.getCause() != null) {
      return wrong.getCause().getMessage();
    } else if (failure instanceof UnrecognizedPropertyException unknown) {
      return "%s: is unknown; known are %s"
          .formatted(shown(unknown.getPropertyName()), unknown.getKnownPropertyIds());
    } else if (failure instanceof MismatchedInputException mismatch) {
      String field =
          mismatch.getPath().isEmpty()
              ? "the text"
              : mismatch.getPath().get(mismatch.getPath().size() - 1).getFieldName();
      return "%s: is of the wrong kind or missing".formatted(field);
    }
    return "the text is not JSON";
  }

  private static String shown(String text) {
    return Printable.line(text, 40);
  }
}
