package io.ensrelay.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key as the shipped application.properties declares it.
 *
 * @param description in one line, with the unit and the limits
 * @param initial its default; empty: there is none
 */
public record DescribedKey(String name, String description, String initial) {
  private static final Pattern LINE = Pattern.compile("(#?)([a-z][A-Za-z0-9.-]+)=(.*)");

  /** All, in the order data flows. */
  public static List<DescribedKey> all() {
    List<DescribedKey> keys = new ArrayList<>();
    try (InputStream in = Settings.class.getResourceAsStream(Settings.DEFAULTS);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      String above = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher key = LINE.matcher(line);
        if (key.matches()) {
          String initial = key.group(1).isEmpty() ? key.group(3) : "";
          keys.add(new DescribedKey(key.group(2), above.replaceFirst("^# ", ""), initial));
        }
        above = line;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return keys;
  }
}
