package io.ensrelay.base;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reduces URLs, also within a text, to scheme, host and port. A path or a query can be the secret
 * of an endpoint ({@code /hook/T0SECRET}, {@code ?sig=...}): anyone who knows it can send there.
 * Names of local files stay. Threads: stateless.
 */
public final class Redaction {
  /** Camel schemes that never leave this process or this machine. */
  private static final String LOCAL =
      "(?!(?:bean|classpath|direct|file|log|mock|seda|spool|stream|timer):)";

  private static final String BEGIN = "(?i)(?<![A-Za-z0-9+.-])(" + LOCAL;

  private static final Pattern URL =
      Pattern.compile(
          BEGIN + "[a-z][a-z0-9+.-]*(?::[a-z][a-z0-9+.-]*)*:/{2,})([^\\s/?#;\"'<>\\\\]*)([^\\s]*)");

  /** A Camel endpoint with options after a question mark. */
  private static final Pattern ENDPOINT =
      Pattern.compile(BEGIN + "[a-z][a-z0-9+-]*:(?!//)[^\\s?\\[\\]]+)\\?[^\\s]*");

  /** Camel accepts this form as a URL too. */
  private static final Pattern WITHOUT_SLASHES =
      Pattern.compile(
          "(?i)(?<![A-Za-z0-9+.-])((?:https?|ftps?|sftp|wss?):/?)([^\\s/?#;\"'<>\\\\]+)"
              + "([/?#;][^\\s]*)");

  /** A redirect often leads from one form of the same secret path to another. */
  private static final Pattern REDIRECT = Pattern.compile("(redirectLocation: )/[^\\s]+");

  private static final String CUT = "/...";

  private Redaction() {}

  /** Returns the text with every URL in it cut after its host. */
  public static String text(String text) {
    String result = text;
    if (result.indexOf(':') >= 0) {
      result = cut(URL.matcher(result));
      result = cut(WITHOUT_SLASHES.matcher(result));
      result = REDIRECT.matcher(result).replaceAll("$1/...");
      result = ENDPOINT.matcher(result).replaceAll("$1?...");
    }
    return result;
  }

  /** Redacts a value that should be a URL but may be only a part of one. */
  static String url(String given) {
    // a password can contain a slash
    String value = given.replaceAll("(?s)^([A-Za-z0-9+.-]+:/*)?.*@", "$1(hidden)@");
    String shown = text(value);
    if (!shown.equals(value) || URL.matcher(value).find()) {
      return shown;
    }
    int end = 0;
    while (end < value.length() && "/?#;".indexOf(value.charAt(end)) < 0) {
      end++;
    }
    return withoutUser(value.substring(0, end)) + (end < value.length() ? CUT : "");
  }

  private static String cut(Matcher urls) {
    return urls.replaceAll(
        url -> {
          // punctuation of the text around it
          String authority =
              url.group(3).isEmpty() ? url.group(2).replaceFirst("[:,.)]+$", "") : url.group(2);
          String rest = url.group(2).substring(authority.length()) + url.group(3);
          String after = rest.matches("[)\\].,:;>\"']+") ? rest : "";
          boolean whole = rest.isEmpty() || rest.equals("/") || !after.isEmpty();
          String end = rest.equals("/") ? rest : after;
          return Matcher.quoteReplacement(
              url.group(1) + withoutUser(authority) + (whole ? end : CUT));
        });
  }

  private static String withoutUser(String authority) {
    int at = authority.lastIndexOf('@');
    boolean isForm = authority.equals("host:port");
    if (at < 0 && !isForm && authority.matches("[^\\[\\],]+:[^,]*[^,\\d].*")) {
      // not a port: the beginning of a password that contains a slash
      return "(hidden)";
    }
    return at < 0 ? authority : "(hidden)@" + authority.substring(at + 1);
  }
}
