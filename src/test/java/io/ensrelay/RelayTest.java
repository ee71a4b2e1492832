package io.ensrelay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RelayTest {
  @Test
  void bringsEveryShippedRouteFileAlongInTheJar() throws IOException {
    Path routes = Path.of("routes");
    try (Stream<Path> files = Files.walk(routes)) {
      List<String> shipped =
          files
              .filter(file -> file.toString().endsWith(".camel.yaml"))
              .map(file -> routes.relativize(file).toString().replace('\\', '/'))
              .sorted()
              .toList();
      assertEquals(shipped, Relay.BUILT_IN_ROUTES.stream().sorted().toList());
    }
  }
}
