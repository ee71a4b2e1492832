package io.ensrelay.check;

import io.ensrelay.base.Closest;
import io.ensrelay.base.FailureText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.Predicate;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Language;
import org.apache.camel.support.DefaultExchange;

/**
 * Finds expressions that do not parse, and languages that are not here. The first expression takes
 * longer, as Camel's languages are loaded for it. Threads: one at a time.
 */
final class ExpressionCheck implements AutoCloseable {
  /** Languages whose parser finds mistakes before there is an event. */
  private static final Set<String> PARSED =
      Set.of(
          "csimple",
          "datasonnet",
          "groovy",
          "hl7terser",
          "joor",
          "jq",
          "js",
          "jsonpath",
          "mvel",
          "ognl",
          "python",
          "simple",
          "spel",
          "wasm",
          "xpath",
          "xquery");

  /** Further words under which a step may have its expression. */
  private static final Set<String> OTHERS =
      Set.of(
          "constant",
          "exchangeProperty",
          "header",
          "language",
          "method",
          "ref",
          "tokenize",
          "variable",
          "xtokenize");

  /** Steps that can't do without one. */
  private static final Set<String> NEEDING =
      Set.of(
          "dynamicRouter",
          "enrich",
          "filter",
          "idempotentConsumer",
          "loop",
          "pollEnrich",
          "recipientList",
          "routingSlip",
          "script",
          "setBody",
          "setHeader",
          "setProperty",
          "setVariable",
          "split",
          "validate",
          "when");

  /** An expression below these is a condition. */
  private static final Set<String> CONDITIONS =
      Set.of(
          "filter",
          "when",
          "validate",
          "onWhen",
          "retryWhile",
          "completionPredicate",
          "handled",
          "continued");

  /** Languages without side effects that find some mistakes only in use, and how these begin. */
  private static final Map<String, Pattern> AT_FIRST_USE =
      Map.of(
          "jq", Pattern.compile("Function \\S+ does not exist"),
          "jsonpath", Pattern.compile("\\.InvalidPathException: "));

  /** What could take long, even without an event. */
  private static final Pattern ENDLESS =
      Pattern.compile("\\b(def|foreach|input|inputs|limit|range|recurse|repeat|until|while)\\b");

  private final ComponentCatalog catalog;
  private CamelContext camel;
  private boolean parse = true;

  ExpressionCheck(ComponentCatalog catalog) {
    this.catalog = catalog;
  }

  /** Switches parsing on or off, for a file whose expressions are known to parse. */
  void parse(boolean on) {
    parse = on;
  }

  /**
   * @param under the step that the expression belongs to
   */
  void check(YamlNode.Entry entry, String under, Scope scope) {
    String key = entry.key();
    if (NEEDING.contains(key)) {
      require(entry, scope);
    }
    if (key.equals("language") && entry.value().isMap()) {
      entry.value().get("language").ifPresent(name -> language(name.text(), name.line(), scope));
      String name = entry.value().text("language").orElse("");
      parse(name, text(entry.value()), CONDITIONS.contains(under), scope);
    } else if (PARSED.contains(key)) {
      if (language(key, entry.line(), scope)) {
        parse(key, text(entry.value()), CONDITIONS.contains(under), scope);
      }
    }
  }

  /** Camel's message has neither the step nor its line. */
  private void require(YamlNode.Entry step, Scope scope) {
    List<YamlNode> these = step.value().isMap() ? List.of(step.value()) : step.value().items();
    for (YamlNode each : these) {
      boolean has =
          each.entries().stream()
              .anyMatch(
                  entry ->
                      (entry.key().equals("expression") || isLanguage(entry.key()))
                          && !(entry.value().isText() && entry.value().text().isBlank()));
      if (each.isMap() && !has) {
        scope.failed(each.line(), step.key() + " has no expression", "add it under expression");
      }
    }
  }

  private boolean isLanguage(String key) {
    return PARSED.contains(key) || OTHERS.contains(key) || catalog.hasLanguage(key);
  }

  private static YamlNode text(YamlNode value) {
    return value.isText() ? value : value.get("expression").orElse(value);
  }

  private boolean language(String name, int line, Scope scope) {
    if (name.isBlank() || name.contains("{{") || catalog.hasLanguage(name)) {
      return true;
    }
    String near =
        Closest.to(name, PARSED)
            .filter(catalog::hasLanguage)
            .map(each -> "did you mean " + each + "? Otherwise get it by: ")
            .orElse("correct it, or get it by: ");
    scope.failed(line, "no language " + name, near + "ens-relay add camel:" + name);
    return false;
  }

  private void parse(String language, YamlNode expression, boolean condition, Scope scope) {
    String written = expression.text();
    String text = scope.placeholders().resolve(written);
    if (!parse || text.isBlank() || text.contains("{{") || !PARSED.contains(language)) {
      return;
    }
    try {
      parse(language, text, condition);
    } catch (RuntimeException e) {
      if (isOfBean(e)) {
        return;
      }
      // the value of a setting stays unsaid
      String reason = text.equals(written) ? ": " + reason(e) : "";
      scope.failed(expression.line(), "this is no " + language + reason, "correct the expression");
    } catch (LinkageError e) {
      scope.failed(
          expression.line(),
          "language " + language + " can't be loaded",
          "look at the jars in lib/");
    }
  }

  private void parse(String language, String text, boolean condition) {
    Language parser = context().resolveLanguage(language);
    if (condition && !AT_FIRST_USE.containsKey(language)) {
      parser.createPredicate(text);
      return;
    }
    Expression parsed = parser.createExpression(text);
    // others look for beans then
    if (AT_FIRST_USE.containsKey(language) || language.equals("xpath") && text.indexOf(':') < 0) {
      parsed.init(context());
    }
    if (AT_FIRST_USE.containsKey(language) && !ENDLESS.matcher(text).find()) {
      use(parsed, AT_FIRST_USE.get(language));
    }
  }

  /** What an empty event lacks is no mistake. */
  private void use(Expression expression, Pattern mistake) {
    Exchange event = new DefaultExchange(context());
    event.getMessage().setBody("{}");
    try {
      expression.evaluate(event, Object.class);
    } catch (RuntimeException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (mistake.matcher(cause.toString()).find()) {
          throw new IllegalArgumentException(
              cause.getMessage().replaceFirst("^([\\w.]+Exception: )+", ""));
        }
      }
    }
  }

  /** The beans of the routes are not made for a check. */
  private static boolean isOfBean(Throwable failure) {
    return Stream.iterate(failure, each -> each != null, Throwable::getCause)
        .limit(20)
        .anyMatch(NoSuchBeanException.class::isInstance);
  }

  private static String reason(RuntimeException failure) {
    // parsers list all that they expected instead
    return FailureText.line(failure).replaceFirst("[.;]? Was expecting.*|\\.$", "");
  }

  /** Whether a precondition switches the route off; it may lack settings and components then. */
  boolean isOff(YamlNode route, Placeholders placeholders) {
    return route
        .text("precondition")
        .map(placeholders::resolve)
        .filter(text -> !isTrue(text))
        .isPresent();
  }

  private boolean isTrue(String precondition) {
    if (precondition.isBlank() || precondition.equalsIgnoreCase("true")) {
      return true;
    }
    if (precondition.equalsIgnoreCase("false")) {
      return false;
    }
    if (precondition.contains("{{")) {
      return true;
    }
    try {
      Predicate simple = context().resolveLanguage("simple").createPredicate(precondition);
      simple.init(context());
      return simple.matches(new DefaultExchange(context()));
    } catch (RuntimeException e) {
      // the start says what is wrong with it
      return true;
    }
  }

  private CamelContext context() {
    if (camel == null) {
      camel = new DefaultCamelContext();
      camel.build();
    }
    return camel;
  }

  @Override
  public void close() {
    if (camel != null) {
      camel.stop();
    }
  }
}
