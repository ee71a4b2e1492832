package io.ensrelay.packaging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** What the jar says of its own contents: the CycloneDX bill of materials and the licences. */
class SupplyChainIT {
  private static final Path JAR = Path.of(System.getProperty("faults.jar"));
  private static final String SBOM = "META-INF/sbom/ens-relay.cdx.json";
  private static final String LICENCES = "META-INF/licenses/";

  /** One of these is enough for a component that offers a choice. */
  private static final Map<String, List<String>> TEXTS =
      Map.of(
          "Apache-2.0", List.of("LICENSE"),
          "EPL-2.0", List.of("EPL-2.0.txt"),
          "BSD-2-Clause", List.of("HdrHistogram.txt", "SQLite-JDBC.txt"),
          "BSD-3-Clause", List.of("EDL-1.0.txt", "ASM.txt"),
          "CC0-1.0", List.of("CC0-1.0.txt"),
          "MIT", List.of("MIT.txt", "SLF4J.txt"),
          "Bouncy Castle Licence", List.of("BouncyCastle.txt"));

  @Test
  void theJarHoldsTheBillOfMaterialsThatLiesBesideIt() throws IOException {
    byte[] beside = Files.readAllBytes(JAR.resolveSibling("ens-relay.cdx.json"));

    JsonNode inside = new ObjectMapper().readTree(entry(SBOM));
    JsonNode outside = new ObjectMapper().readTree(beside);

    assertEquals("CycloneDX", inside.path("bomFormat").asText());
    assertEquals(inside.path("components"), outside.path("components"));
  }

  @Test
  void theBillNamesEveryLibraryOfWhichTheJarHoldsClasses() throws IOException {
    Set<String> groups = new TreeSet<>();
    for (JsonNode component : bill()) {
      groups.add(component.path("group").asText());
      assertTrue(component.path("purl").asText().startsWith("pkg:maven/"), component.toString());
    }

    Map<String, String> packages =
        Map.of(
            "org/apache/camel/CamelContext.class", "org.apache.camel",
            "org/apache/hc/core5/http/HttpHost.class", "org.apache.httpcomponents.core5",
            "org/eclipse/paho/client/mqttv3/MqttClient.class", "org.eclipse.paho",
            "io/netty/buffer/ByteBuf.class", "io.netty",
            "com/fasterxml/jackson/databind/ObjectMapper.class", "com.fasterxml.jackson.core",
            "org/bouncycastle/openssl/PEMParser.class", "org.bouncycastle");
    for (Map.Entry<String, String> each : packages.entrySet()) {
      assertNotNull(entry(each.getKey()), each.getKey());
      assertTrue(groups.contains(each.getValue()), each.getValue() + " is not in " + groups);
    }
    assertFalse(groups.contains("org.junit.jupiter"), "a test library is not in the jar");
  }

  @Test
  void theJarHoldsTheTextOfALicenceOfEveryLibrary() throws IOException {
    List<String> without = new ArrayList<>();
    for (JsonNode component : bill()) {
      boolean found = false;
      for (JsonNode licence : component.path("licenses")) {
        JsonNode names = licence.path("license");
        String name = names.path("id").asText(names.path("name").asText());
        found |= TEXTS.containsKey(name);
      }
      if (!found) {
        without.add(component.path("purl") + " " + component.path("licenses"));
      }
    }
    assertEquals(List.of(), without);
    for (List<String> files : TEXTS.values()) {
      for (String file : files) {
        assertNotNull(entry(LICENCES + file), file);
      }
    }
    String list = new String(entry("META-INF/THIRD-PARTY.txt"), StandardCharsets.UTF_8);
    assertTrue(list.contains("org.apache.camel:camel-main"), list);
  }

  @Test
  void theJarHoldsTheProjectsOwnLicence() throws IOException {
    assertArrayEquals(Files.readAllBytes(Path.of("LICENSE")), entry(LICENCES + "LICENSE"));
  }

  private static JsonNode bill() throws IOException {
    JsonNode components = new ObjectMapper().readTree(entry(SBOM)).path("components");
    assertTrue(components.size() > 50, "components: " + components.size());
    return components;
  }

  /** Null: there is none. */
  private static byte[] entry(String name) throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      ZipEntry entry = jar.getEntry(name);
      return entry == null ? null : jar.getInputStream(entry).readAllBytes();
    }
  }
}
