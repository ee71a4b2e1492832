package io.ensrelay.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.repository.RepositoryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the settings of the user's Maven mean for 'add'. */
class MavenSettingsTest {
  private static final RepositoryPolicy POLICY = new RepositoryPolicy();

  @TempDir Path dir;

  @Test
  void asksWhatMavenAsksWhereThereAreNone() throws IOException {
    List<RemoteRepository> repositories = MavenSettings.of(dir).repositories(POLICY);

    assertEquals(1, repositories.size());
    assertEquals("central", repositories.get(0).getId());
    assertEquals("https", repositories.get(0).getProtocol());
    assertNull(MavenSettings.of(dir).mirrors().getMirror(repositories.get(0)));
  }

  @Test
  void knowsMirrorProxyAndCredentials() throws IOException {
    Files.writeString(
        dir.resolve("settings.xml"),
        """
        <settings>
          <mirrors>
            <mirror><id>inner</id><url>https://maven.example.com/all</url><mirrorOf>*</mirrorOf></mirror>
          </mirrors>
          <servers>
            <server><id>inner</id><username>jane</username><password>secret</password></server>
          </servers>
          <proxies>
            <proxy>
              <active>true</active><protocol>http</protocol><host>proxy.example.com</host><port>3128</port>
            </proxy>
          </proxies>
          <profiles>
            <profile>
              <id>ours</id>
              <repositories><repository><id>ours</id><url>https://own.example.com</url></repository></repositories>
            </profile>
          </profiles>
          <activeProfiles><activeProfile>ours</activeProfile></activeProfiles>
        </settings>
        """);
    MavenSettings settings = MavenSettings.of(dir);

    assertEquals(
        List.of("ours", "central"),
        settings.repositories(POLICY).stream().map(RemoteRepository::getId).toList());
    RemoteRepository mirror = settings.mirrors().getMirror(settings.repositories(POLICY).get(1));
    assertEquals("https://maven.example.com/all", mirror.getUrl());
    assertEquals("proxy.example.com", settings.proxies().getProxy(mirror).getHost());
    assertNotNull(settings.credentials().getAuthentication(mirror));
  }

  @Test
  void saysWhatIsWrongWithTheFile() throws IOException {
    Files.writeString(dir.resolve("settings.xml"), "<settings><mirrors>");

    String failure = assertThrows(IOException.class, () -> MavenSettings.of(dir)).getMessage();
    assertEquals(dir.resolve("settings.xml") + " can't be read", failure.split(":")[0]);
  }
}
