package io.ensrelay.check;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Finds data formats that are not here. Threads: one at a time. */
final class DataFormatCheck {
  /** Data formats that a library implements whose name is not the format's. */
  private static final Map<String, Map<String, String>> LIBRARIES =
      Map.of(
          "json", Map.of("", "jackson", "jackson", "jackson", "gson", "gson", "jsonb", "jsonb"),
          "yaml", Map.of("", "snakeYaml", "snakeyaml", "snakeYaml"));

  /** Words beside a format, and formats in several forms. */
  private static final Set<String> OTHERS =
      Set.of(
          "allowNullBody",
          "avro",
          "bindy",
          "custom",
          "description",
          "disabled",
          "id",
          "note",
          "protobuf",
          "variableReceive",
          "variableSend");

  private final ComponentCatalog catalog;

  DataFormatCheck(ComponentCatalog catalog) {
    this.catalog = catalog;
  }

  /** Checks what stands below {@code marshal} or {@code unmarshal}. */
  void check(YamlNode step, Scope scope) {
    for (YamlNode.Entry format : step.entries()) {
      String library = format.value().text("library").orElse("").toLowerCase(Locale.ROOT);
      String name =
          LIBRARIES
              .getOrDefault(format.key(), Map.of(library, format.key()))
              .getOrDefault(library, "");
      if (!OTHERS.contains(format.key()) && !name.isEmpty() && !catalog.hasDataFormat(name)) {
        scope.failed(
            format.line(),
            "no data format " + name,
            "correct it, or get it by: ens-relay add camel:" + name.toLowerCase(Locale.ROOT));
      }
    }
  }
}
