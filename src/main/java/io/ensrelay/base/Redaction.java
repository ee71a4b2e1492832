package io.ensrelay.base;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What may be shown of a URL, or of a text with URLs in it: scheme, host and port. A path or a
 * query can be the secret of an endpoint ({@code /hook/T0SECRET}, {@code ?sig=...}), and whoever
 * has it can send there. Files of this machine keep their names.
 */
public final class Redaction {
  /** Of Camel's: they lead nowhere outside this process or this machine. */
  private static final String LOCAL =
      "(?!(?:bean|classpath|direct|file|log|mock|seda|spool|stream|timer):)";

  private static final String BEGIN = "(?i)(?<![A-Za-z0-9+.-])(" + LOCAL;

  private static final Pattern URL =
      Pattern.compile(
          BEGIN + "[a-z][a-z0-9+.-]*(?::[a-z][a-z0-9+.-]*)*:/{2,})([^\\s/?#;\"'<>\\\\]*)([^\\s]*)");

  /** An endpoint of Camel's, whose options stand behind a question mark. */
  private static final Pattern ENDPOINT =
      Pattern.compile(BEGIN + "[a-z][a-z0-9+-]*:(?!//)[^\\s?\\[\\]]+)\\?[^\\s]*");

  /** Camel takes this for a URL too. */
  private static final Pattern WITHOUT_SLASHES =
      Pattern.compile(
          "(?i)(?<![A-Za-z0-9+.-])((?:https?|ftps?|sftp|wss?):/?)([^\\s/?#;\"'<>\\\\]+)"
              + "([/?#;][^\\s]*)");

  /** A redirect often leads from one form of the same secret path to another. */
  private static final Pattern REDIRECT = Pattern.compile("(redirectLocation: )/[^\\s]+");

  private static final String CUT = "/...";

  private Redaction() {}

  /** The text with every URL in it cut behind its host. */
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

  /** What should be a URL, and may be a part of one only. */
  static String url(String given) {
    // a password can have a slash in it
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
      // no port: the beginning of a password with a slash in it
      return "(hidden)";
    }
    return at < 0 ? authority : "(hidden)@" + authority.substring(at + 1);
  }
}
