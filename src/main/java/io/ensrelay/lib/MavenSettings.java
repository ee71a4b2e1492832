package io.ensrelay.lib;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.maven.model.interpolation.ModelInterpolator;
import org.apache.maven.settings.Mirror;
import org.apache.maven.settings.Profile;
import org.apache.maven.settings.Proxy;
import org.apache.maven.settings.Repository;
import org.apache.maven.settings.Server;
import org.apache.maven.settings.Settings;
import org.apache.maven.settings.building.DefaultSettingsBuilderFactory;
import org.apache.maven.settings.building.DefaultSettingsBuildingRequest;
import org.apache.maven.settings.building.SettingsBuildingException;
import org.apache.maven.settings.crypto.DefaultSettingsDecrypter;
import org.apache.maven.settings.crypto.DefaultSettingsDecryptionRequest;
import org.apache.maven.settings.crypto.SettingsDecryptionResult;
import org.eclipse.aether.repository.Authentication;
import org.eclipse.aether.repository.AuthenticationSelector;
import org.eclipse.aether.repository.MirrorSelector;
import org.eclipse.aether.repository.ProxySelector;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.repository.RepositoryPolicy;
import org.eclipse.aether.util.repository.AuthenticationBuilder;
import org.eclipse.aether.util.repository.DefaultAuthenticationSelector;
import org.eclipse.aether.util.repository.DefaultMirrorSelector;
import org.eclipse.aether.util.repository.DefaultProxySelector;
import org.eclipse.aether.util.repository.JreProxySelector;
import org.sonatype.plexus.components.cipher.DefaultPlexusCipher;
import org.sonatype.plexus.components.sec.dispatcher.DefaultSecDispatcher;

/**
 * What Maven's settings of this user, {@code ~/.m2/settings.xml}, say of the way to repositories:
 * mirrors, proxies, credentials, and repositories of active profiles. Immutable.
 */
final class MavenSettings {
  private final Settings settings;

  private MavenSettings(Settings settings) {
    this.settings = settings;
  }

  static MavenSettings none() {
    return new MavenSettings(new Settings());
  }

  static MavenSettings ofUser() throws IOException {
    return of(Path.of(System.getProperty("user.home"), ".m2"));
  }

  /**
   * @param dir with settings.xml and settings-security.xml, which may both be missing
   */
  static MavenSettings of(Path dir) throws IOException {
    Path file = dir.resolve("settings.xml");
    Properties properties = new Properties();
    properties.putAll(System.getProperties());
    System.getenv().forEach((name, value) -> properties.setProperty("env." + name, value));
    try {
      Settings settings =
          new DefaultSettingsBuilderFactory()
              .newInstance()
              .build(
                  new DefaultSettingsBuildingRequest()
                      .setUserSettingsFile(file.toFile())
                      .setSystemProperties(properties))
              .getEffectiveSettings();
      decrypt(settings, dir.resolve("settings-security.xml"));
      return new MavenSettings(settings);
    } catch (SettingsBuildingException e) {
      throw new IOException(file + " can't be read: " + e.getProblems().get(0).getMessage());
    }
  }

  private static void decrypt(Settings settings, Path security) {
    DefaultSecDispatcher passwords =
        new DefaultSecDispatcher(new DefaultPlexusCipher(), Map.of(), security.toString());
    SettingsDecryptionResult plain =
        new DefaultSettingsDecrypter(passwords)
            .decrypt(new DefaultSettingsDecryptionRequest(settings));
    settings.setServers(plain.getServers());
    settings.setProxies(plain.getProxies());
  }

  MirrorSelector mirrors() {
    DefaultMirrorSelector mirrors = new DefaultMirrorSelector();
    for (Mirror mirror : settings.getMirrors()) {
      mirrors.add(
          mirror.getId(),
          mirror.getUrl(),
          mirror.getLayout(),
          false,
          mirror.isBlocked(),
          mirror.getMirrorOf(),
          mirror.getMirrorOfLayouts());
    }
    return mirrors;
  }

  /** Where the settings name none, those that Java was given as options. */
  ProxySelector proxies() {
    List<Proxy> active = settings.getProxies().stream().filter(Proxy::isActive).toList();
    if (active.isEmpty()) {
      return new JreProxySelector();
    }
    DefaultProxySelector proxies = new DefaultProxySelector();
    for (Proxy proxy : active) {
      Authentication credentials =
          new AuthenticationBuilder()
              .addUsername(proxy.getUsername())
              .addPassword(proxy.getPassword())
              .build();
      proxies.add(
          new org.eclipse.aether.repository.Proxy(
              proxy.getProtocol(), proxy.getHost(), proxy.getPort(), credentials),
          proxy.getNonProxyHosts());
    }
    return proxies;
  }

  AuthenticationSelector credentials() {
    DefaultAuthenticationSelector credentials = new DefaultAuthenticationSelector();
    for (Server server : settings.getServers()) {
      credentials.add(
          server.getId(),
          new AuthenticationBuilder()
              .addUsername(server.getUsername())
              .addPassword(server.getPassword())
              .build());
    }
    return credentials;
  }

  /** Those of active profiles, and Maven's own. */
  List<RemoteRepository> repositories(RepositoryPolicy policy) {
    List<RemoteRepository> repositories = new ArrayList<>();
    for (Profile profile : settings.getProfiles()) {
      boolean byDefault =
          profile.getActivation() != null && profile.getActivation().isActiveByDefault();
      if (byDefault || settings.getActiveProfiles().contains(profile.getId())) {
        for (Repository each : profile.getRepositories()) {
          repositories.add(repository(each.getId(), each.getUrl(), policy));
        }
      }
    }
    repositories.add(
        repository("central", ModelInterpolator.DEFAULT_MAVEN_REPO_CENTRAL_URL, policy));
    return repositories;
  }

  private static RemoteRepository repository(String id, String url, RepositoryPolicy policy) {
    return new RemoteRepository.Builder(id, "default", url).setPolicy(policy).build();
  }
}
