package io.ensrelay.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantFolderTest {
  private static final String GOOD =
      """
      ens.api.url=https://localhost
      ens.mqtt.url=ssl://localhost:8883
      ens.mqtt.username=me
      ens.mqtt.password=secret-of-a-tenant
      """;

  @TempDir Path dir;
  private final Properties options = new Properties();

  @BeforeEach
  void folder() throws IOException {
    Files.createDirectories(dir.resolve("tenants"));
    options.setProperty("ens.tenants.dir", dir.resolve("tenants").toString());
    options.setProperty("ens.data.dir", dir.resolve("data").toString());
  }

  @Test
  void anEmptyFolderMeansTheOneTenantOfTheSettings() {
    options.setProperty("ens.tenant", "acme");
    options.setProperty("ens.api.url", "https://localhost");

    TenantFolder folder = folder(Map.of());

    assertFalse(folder.isUsed());
    assertEquals(List.of("acme"), folder.names());
    Tenant only = folder.all().right().get(0);
    assertEquals("", only.suffix());
    assertEquals(dir.resolve("data"), only.directory());
  }

  @Test
  void aTenantsFileGoesBeforeOptionsAndEnvironment() throws IOException {
    options.setProperty("ens.mqtt.keep-alive", "11");
    options.setProperty("ens.tenant", "other");
    write("acme", GOOD + "ens.mqtt.keep-alive=12\nens.events=device_wiped\n");

    Tenant acme =
        folder(Map.of("ENS_MQTT_KEEP_ALIVE", "13", "ENS_METADATA_REFRESH", "2h"))
            .all()
            .of("acme")
            .orElseThrow();

    assertEquals(Optional.of("12"), acme.settings().get("ens.mqtt.keep-alive"));
    assertEquals(Optional.of("device_wiped"), acme.settings().get("ens.events"));
    assertEquals(Optional.of("2h"), acme.settings().get("ens.metadata.refresh"), "shared");
    assertEquals(Optional.of("acme"), acme.settings().get("ens.tenant"));
    assertEquals(".acme", acme.suffix());
    assertEquals(dir.resolve("data/tenants/acme"), acme.directory());
  }

  @Test
  void onlyFilesOfPropertiesAreTenants() throws IOException {
    write("acme", GOOD);
    Files.writeString(dir.resolve("tenants/globex.properties.off"), "x");
    Files.writeString(dir.resolve("tenants/.hidden.properties"), "x");
    Files.createDirectories(dir.resolve("tenants/old.properties"));

    assertEquals(List.of("acme"), folder(Map.of()).names());
  }

  @Test
  void aMistakeNamesFileAndKeyAndLeavesTheOthers() throws IOException {
    write("acme", GOOD);
    write("a b", GOOD);
    write("foreign", GOOD + "ens.http.port=8081\n");
    write("misspelt", GOOD + "ens.mqtt.ulr=x\n");
    write("missing", "ens.api.url=https://localhost\n");
    write("wrong", GOOD + "ens.tls.keystore=nowhere.p12\n");

    TenantFolder.All all = folder(Map.of()).all();

    assertEquals(List.of("acme"), all.right().stream().map(Tenant::name).toList());
    assertMistake(all, "a b", "the name of a tenant=a b: can't be part of a file name");
    assertMistake(
        all,
        "foreign",
        "ens.http.port: is a key of the whole relay; put it into application.properties");
    assertMistake(all, "misspelt", "ens.mqtt.ulr: unknown key; did you mean ens.mqtt.url?");
    assertMistake(all, "missing", "ens.mqtt.url: missing");
    assertMistake(all, "wrong", "ens.tls.keystore=nowhere.p12");
    assertTrue(all.named().contains(Path.of("nowhere.p12")));
  }

  private void assertMistake(TenantFolder.All all, String name, String said) {
    String message =
        all.wrong().stream()
            .filter(each -> each.name().equals(name))
            .map(each -> each.problem().getMessage())
            .findFirst()
            .orElseThrow();
    String file = dir.resolve("tenants").resolve(name + ".properties").toString();
    assertTrue(message.startsWith(file + ": " + said), message);
  }

  @Test
  void oneClientIdAtOneServiceIsAMistakeOfBoth() throws IOException {
    write("acme", GOOD + "ens.mqtt.client-id=same\n");
    write("globex", GOOD + "ens.mqtt.client-id=same\n");
    write(
        "elsewhere",
        GOOD.replace("ssl://localhost", "ssl://localhost2") + "ens.mqtt.client-id=same\n");

    TenantFolder.All all = folder(Map.of()).all();

    assertEquals(List.of("elsewhere"), all.right().stream().map(Tenant::name).toList());
    assertEquals(2, all.wrong().size());
    assertTrue(all.wrong().get(0).problem().getMessage().contains("the tenants acme, globex"));
  }

  @Test
  void theSharedSettingsNeedNoService() throws IOException {
    write("acme", GOOD);

    settings(Map.of()).check();
  }

  @Test
  void aTenantsSecretsAreSecrets() throws IOException {
    write("acme", GOOD);
    Settings shared = settings(Map.of());

    assertTrue(Secrets.of(shared, new TenantFolder(shared).all()).contains("secret-of-a-tenant"));
  }

  @Test
  void aDestinationThatNamesAnUnknownTenantIsTold() throws IOException {
    write("acme", GOOD);
    options.setProperty("ens.destination.webhook.tenants", "acme, globex");

    assertEquals(
        List.of("ens.destination.webhook.tenants names globex, which is not a tenant"),
        folder(Map.of()).unknownInDestinations());
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(dir.resolve("tenants").resolve(name + ".properties"), text);
  }

  private TenantFolder folder(Map<String, String> environment) {
    return new TenantFolder(settings(environment));
  }

  private Settings settings(Map<String, String> environment) {
    return Settings.load(dir.resolve("application.properties"), environment, options);
  }
}
