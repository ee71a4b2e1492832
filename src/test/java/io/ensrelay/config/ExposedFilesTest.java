package io.ensrelay.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files a relay warns of because other users can read them. */
class ExposedFilesTest {
  @TempDir Path dir;
  private Path config;

  @BeforeEach
  void openToOthers() throws IOException {
    assumeTrue(
        Files.getFileStore(dir).supportsFileAttributeView("posix"),
        "this file system knows no rights");
    rights(dir, "rwxr-xr-x");
    config = dir.resolve("application.properties");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ens.api.password=x",
        "ens.tls.keystore-password=x",
        "ens.destination.webhook.token=x",
        "ens.destination.splunk.client-secret=x",
        "ens.destination.mine.api-key=x",
        "ens.destination.mine.apiKey=x",
        "ens.api.proxy=http://user:pass@proxy:3128",
        "ens.destination.webhook.url=https://host/x?sig=abc",
        "ens.destination.webhook.url=https://hooks.example.com/hook/T0SECRET",
        "ens.destination.jms.url=(tcp://a:1,tcp://b:1)?password=x",
      })
  void areSettingsWithASecret(String line) throws IOException {
    write(config, line + "\n", "rw-r--r--");

    assertEquals(
        List.of(
            "Other users can read the secrets in %s (rw-r--r--): chmod o-rwx %s"
                .formatted(config, config)),
        exposed());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ens.mqtt.url=ssl://host:8883",
        "ens.api.url=https://host",
        "ens.api.password=",
        "ens.destination.webhook.url=https://host",
        "ens.tenant=acme",
      })
  void areNotSettingsWithoutASecret(String line) throws IOException {
    write(config, line + "\n", "rw-r--r--");

    assertEquals(List.of(), exposed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-r-----", "r--r-----"})
  void areNotFilesOfTheOwnerAndTheGroup(String rights) throws IOException {
    write(config, "ens.api.password=x\n", rights);

    assertEquals(List.of(), exposed());
  }

  @Test
  void areNotFilesInAFolderThatOthersCannotEnter() throws IOException {
    write(config, "ens.api.password=x\n", "rw-r--r--");
    rights(dir, "rwxr-x---");

    assertEquals(List.of(), exposed());
  }

  @Test
  void areKeystoresBehindALinkAsKubernetesMountsThem() throws IOException {
    Path mounted = Files.createDirectory(dir.resolve("..data"));
    Path key = write(mounted.resolve("client.pem"), "", "rw-r--r--");
    Path link = Files.createSymbolicLink(dir.resolve("client.pem"), key);

    List<String> lines = exposed("ens.tls.keystore", link.toString());

    assertEquals(
        List.of(
            "Other users can read the private key in %s (rw-r--r--): chmod o-rwx %s"
                .formatted(link, link)),
        lines);
    assertEquals(List.of(), exposed("ens.tls.truststore", link.toString()));
    assertEquals(1, exposed("ens.destination.mine.keystore", link.toString()).size());
  }

  @Test
  void isAnArchiveWithFilesOfAnEarlierVersion() throws IOException {
    Path events = Files.createDirectory(dir.resolve("events"));
    rights(events, "rwxr-xr-x");
    assertEquals(List.of(), exposed("ens.archive.dir", events.toString()));

    write(events.resolve("default-2026-01-01.jsonl"), "{}", "rw-r--r--");

    assertEquals(
        List.of(
            "Other users can read the events in %s (rwxr-xr-x): chmod -R o-rwx %s"
                .formatted(events, events)),
        exposed("ens.archive.dir", events.toString()));
  }

  @Test
  void isADataDirectoryThatTheRelayMayNotClose() throws IOException {
    Path data = Files.createDirectory(dir.resolve("data"));
    rights(data, "rwxrwxrwx");

    assertEquals(
        List.of(
            "Other users can read and change what is in %s (rwxrwxrwx): chmod -R go-rwx %s"
                .formatted(data, data)),
        exposed("ens.data.dir", data.toString()));
  }

  private List<String> exposed(String... keyAndValue) {
    Properties given = new Properties();
    given.setProperty("ens.data.dir", dir.resolve("none").toString());
    given.setProperty("ens.archive.dir", dir.resolve("none").toString());
    if (keyAndValue.length > 0) {
      given.setProperty(keyAndValue[0], keyAndValue[1]);
    }
    return ExposedFiles.of(Settings.load(config, Map.of(), given));
  }

  private static Path write(Path file, String text, String rights) throws IOException {
    Files.writeString(file, text);
    rights(file, rights);
    return file;
  }

  private static void rights(Path path, String rights) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
  }
}
