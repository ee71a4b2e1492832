package io.ensrelay.lib;

import io.ensrelay.base.ConfigurationException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Maven calls a library: group, artifact and version, and a classifier for one that comes in
 * several forms.
 *
 * @param group empty where it is not known
 * @param classifier empty for most
 */
public record Coordinates(String group, String artifact, String version, String classifier) {
  static final String CAMEL = "org.apache.camel";
  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._+-]*";
  private static final Pattern LINE =
      Pattern.compile("(%1$s):(%1$s):(%1$s)(?::(%1$s))?".formatted(PART));
  private static final Pattern ASKED =
      Pattern.compile("(%1$s):(%1$s)(?::(%1$s))?(?::(%1$s))?".formatted(PART));

  /** Components whose library has another name; all others are named like their library. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "sftp", "ftp",
          "ftps", "ftp",
          "smtp", "mail",
          "smtps", "mail",
          "imap", "mail",
          "imaps", "mail",
          "pop3", "mail",
          "pop3s", "mail");

  /**
   * Reads {@code group:artifact:version}, also with a classifier at the end.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Coordinates of(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(line + " is not group:artifact:version");
    }
    return new Coordinates(
        matcher.group(1), matcher.group(2), matcher.group(3), orEmpty(matcher.group(4)));
  }

  /**
   * What a person asked for: {@code camel:kafka}, the library of a component in the version of our
   * Camel, or {@code group:artifact:version}.
   *
   * @throws ConfigurationException when it is neither, or asks for another version of Camel
   */
  public static Coordinates asked(String text, String camelVersion) {
    Matcher matcher = ASKED.matcher(text);
    if (!matcher.matches()) {
      throw new ConfigurationException(
          text, "is no library", "give camel:NAME or group:artifact:version");
    }
    boolean component = matcher.group(1).equals("camel");
    if (component && matcher.group(3) == null) {
      String name = LIBRARIES.getOrDefault(matcher.group(2), matcher.group(2));
      return new Coordinates(CAMEL, "camel-" + name, camelVersion, "");
    }
    String group = component ? CAMEL : matcher.group(1);
    String version =
        matcher.group(3) == null && group.equals(CAMEL) ? camelVersion : matcher.group(3);
    if (version == null) {
      throw new ConfigurationException(text, "has no version", "give group:artifact:version");
    }
    if (group.equals(CAMEL) && !version.equals(camelVersion)) {
      throw new ConfigurationException(
          text,
          "is of another Camel than ens-relay's, which is " + camelVersion,
          "leave the version out");
    }
    return new Coordinates(group, matcher.group(2), version, orEmpty(matcher.group(4)));
  }

  /** Without the version: what there can be one of. */
  String key() {
    return classifier.isEmpty()
        ? group + ":" + artifact
        : group + ":" + artifact + ":" + classifier;
  }

  /** As Maven names the file. */
  String fileName() {
    return artifact + "-" + version + (classifier.isEmpty() ? "" : "-" + classifier) + ".jar";
  }

  /** As one would ask for it. */
  public String asAsked() {
    return group.equals(CAMEL) && artifact.startsWith("camel-")
        ? "camel:" + artifact.substring("camel-".length())
        : toString();
  }

  /** {@code group:artifact:version}, and the classifier where there is one. */
  @Override
  public String toString() {
    String text = group + ":" + artifact + ":" + version;
    return classifier.isEmpty() ? text : text + ":" + classifier;
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }
}
