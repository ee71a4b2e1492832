package io.ensrelay.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.lib.Jars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the launcher looks for libraries, before there are settings. */
class LauncherTest {
  @TempDir Path dir;

  @Test
  void asksOptionThenEnvironmentThenFile() throws IOException {
    Path file =
        Files.writeString(dir.resolve("application.properties"), "ens.lib.dir = of/the/file \n");
    Properties options = new Properties();

    assertEquals(Optional.of("of/the/file"), Launcher.setting(options, Map.of(), file));
    Map<String, String> environment = Map.of("ENS_LIB_DIR", "of/the/environment");
    assertEquals(Optional.of("of/the/environment"), Launcher.setting(options, environment, file));
    options.setProperty("ens.lib.dir", "of/the/option");
    assertEquals(Optional.of("of/the/option"), Launcher.setting(options, environment, file));
    options.setProperty("ens.lib.dir", " ");
    assertEquals(
        Optional.of("of/the/file"), Launcher.setting(options, Map.of("ENS_LIB_DIR", ""), file));
  }

  @Test
  void leavesItToOthersToSayWhatIsWrongWithTheFile() throws IOException {
    Path file = Files.write(dir.resolve("latin1"), new byte[] {'a', '=', (byte) 0xfc});

    assertEquals(Optional.empty(), Launcher.setting(new Properties(), Map.of(), file));
    assertEquals(
        Optional.empty(), Launcher.setting(new Properties(), Map.of(), dir.resolve("none")));
  }

  @Test
  void findsTheJarsOfTheFolder() throws IOException {
    Path jar = Jars.jar(dir.resolve("connectors"), "org.example:driver:1.0");
    Properties options = new Properties();
    options.setProperty("ens.lib.dir", dir.resolve("connectors").toString());

    assertEquals(List.of(jar), Launcher.libraries(options, Map.of(), dir.resolve("none")));
  }

  @Test
  void findsNothingWithoutAFolderOrInAnEmptyOne() {
    Properties options = new Properties();
    options.setProperty("ens.lib.dir", dir.toString());
    assertEquals(List.of(), Launcher.libraries(options, Map.of(), dir.resolve("none")));
    options.setProperty("ens.lib.dir", dir.resolve("missing").toString());
    assertEquals(List.of(), Launcher.libraries(options, Map.of(), dir.resolve("none")));
  }
}
