package io.ensrelay.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The reaction of a receiver to a request.
 *
 * @param status of an HTTP answer; 0: the usual one of the receiver
 * @param exception class of the exception that a receiver without HTTP throws
 */
record DestinationTestAnswer(
    Kind kind,
    int status,
    Map<String, String> headers,
    Optional<String> body,
    Optional<String> exception) {
  enum Kind {
    ANSWERS,
    /** The connection stays open, and nothing comes. */
    TIMEOUT,
    /** No connection. */
    REFUSED,
    /** The connection ends without an answer. */
    RESET,
    /** Throws. */
    THROWS
  }

  private static final Set<String> WORDS =
      new java.util.LinkedHashSet<>(List.of("ok", "timeout", "refused", "reset", "away"));
  private static final Set<String> OWN = Set.of("status", "body", "json", "headers", "throws");

  static final DestinationTestAnswer OK = of(Kind.ANSWERS, 0);

  private static DestinationTestAnswer of(Kind kind, int status) {
    return new DestinationTestAnswer(kind, status, Map.of(), Optional.empty(), Optional.empty());
  }

  boolean isOk() {
    return kind == Kind.ANSWERS && status < 300;
  }

  /** The answers by the number of the request, from 1; all other requests are accepted. */
  static Map<Integer, DestinationTestAnswer> all(DestinationTestNode node) {
    Map<Integer, DestinationTestAnswer> answers = new LinkedHashMap<>();
    boolean isByNumber =
        node.isMap() && node.map("answer").keySet().stream().allMatch(key -> key.matches("\\d+"));
    if (isByNumber) {
      node.map("answer")
          .forEach(
              (key, value) -> {
                if (!key.matches("[1-9]\\d{0,3}")) {
                  throw value.mistake(
                      "answer " + key + " is the number of no request", "count from 1");
                }
                answers.put(Integer.parseInt(key), of(value));
              });
    } else {
      List<DestinationTestNode> list = new ArrayList<>(node.list());
      for (int i = 0; i < list.size(); i++) {
        answers.put(i + 1, of(list.get(i)));
      }
    }
    return answers;
  }

  private static DestinationTestAnswer of(DestinationTestNode node) {
    if (node.isMap()) {
      return ofMap(node);
    }
    String text = node.text("an answer");
    if (text.matches("[1-5]\\d\\d")) {
      return of(Kind.ANSWERS, Integer.parseInt(text));
    }
    return switch (text) {
      case "ok" -> OK;
      case "timeout" -> of(Kind.TIMEOUT, 0);
      case "refused" -> of(Kind.REFUSED, 0);
      case "reset" -> of(Kind.RESET, 0);
      case "away" -> of(Kind.THROWS, 0);
      default ->
          throw node.mistake(
              "unknown answer '" + text + "'",
              DestinationTestNode.meant(text, WORDS)
                  .replace("use one of", "use an HTTP status or"));
    };
  }

  /** Every other field is a header, as in {status: 429, Retry-After: 7}. */
  private static DestinationTestAnswer ofMap(DestinationTestNode node) {
    Map<String, DestinationTestNode> fields = node.map("answer");
    Map<String, String> headers = new LinkedHashMap<>();
    fields.forEach(
        (name, value) -> {
          if (name.equals("headers")) {
            value.map("headers").forEach((header, text) -> headers.put(header, text.text(header)));
          } else if (!OWN.contains(name)) {
            if (!name.matches("[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")) {
              throw value.mistake(
                  "unknown field '" + name + "' of an answer",
                  DestinationTestNode.meant(name, OWN) + " A header begins with a capital");
            }
            headers.put(name, value.text(name));
          }
        });
    Optional<String> body =
        Optional.ofNullable(fields.get("body"))
            .map(text -> text.isText() ? text.text("body") : text.json().toString())
            .or(() -> Optional.ofNullable(fields.get("json")).map(json -> json.json().toString()));
    int status = 0;
    if (fields.containsKey("status")) {
      String text = fields.get("status").text("status");
      if (!text.matches("[2-5]\\d\\d")) {
        throw fields.get("status").mistake("status " + text + " is none", "give 200 to 599");
      }
      status = Integer.parseInt(text);
    }
    Optional<String> thrown =
        Optional.ofNullable(fields.get("throws")).map(name -> name.text("throws"));
    return new DestinationTestAnswer(
        thrown.isPresent() ? Kind.THROWS : Kind.ANSWERS, status, headers, body, thrown);
  }
}
