package io.ensrelay.lib;

import io.ensrelay.base.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.RepositorySystemSession.CloseableSession;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.repository.RepositoryPolicy;
import org.eclipse.aether.resolution.ArtifactResult;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.transfer.ArtifactNotFoundException;
import org.eclipse.aether.transfer.ArtifactTransferException;
import org.eclipse.aether.transfer.ChecksumFailureException;
import org.eclipse.aether.util.artifact.JavaScopes;
import org.eclipse.aether.util.filter.DependencyFilterUtils;

/**
 * Maven repositories, asked by Maven's own resolver. What it downloads is in a folder of its own
 * until this is closed, so that every file is checked against its checksum.
 */
final class MavenRepositories implements LibrarySource {
  private final RepositorySystem system = new ResolverSupplier().get();
  private final List<RemoteRepository> repositories;
  private final MavenSettings settings;
  private final BundledLibraries bundled;
  private final Path downloads;

  private MavenRepositories(
      List<RemoteRepository> repositories, MavenSettings settings, BundledLibraries bundled)
      throws IOException {
    this.repositories = repositories;
    this.settings = settings;
    this.bundled = bundled;
    downloads = Files.createTempDirectory("ens-relay-add");
  }

  static MavenRepositories folder(Path dir, BundledLibraries bundled) throws IOException {
    RemoteRepository repository =
        new RemoteRepository.Builder("folder", "default", dir.toUri().toString())
            .setPolicy(policy())
            .build();
    return new MavenRepositories(List.of(repository), MavenSettings.none(), bundled);
  }

  static MavenRepositories network(Optional<String> url, BundledLibraries bundled)
      throws IOException {
    MavenSettings settings = MavenSettings.ofUser();
    List<RemoteRepository> repositories =
        url.map(
                given ->
                    List.of(
                        new RemoteRepository.Builder("ens-relay", "default", given)
                            .setPolicy(policy())
                            .build()))
            .orElseGet(() -> settings.repositories(policy()));
    return new MavenRepositories(repositories, settings, bundled);
  }

  private static RepositoryPolicy policy() {
    return new RepositoryPolicy(
        true, RepositoryPolicy.UPDATE_POLICY_ALWAYS, RepositoryPolicy.CHECKSUM_POLICY_FAIL);
  }

  @Override
  public Resolution resolve(Coordinates wanted) throws IOException {
    Set<String> left = new TreeSet<>();
    Artifact root =
        new DefaultArtifact(
            wanted.group(), wanted.artifact(), wanted.classifier(), "jar", wanted.version());
    try (CloseableSession session = session(left)) {
      List<RemoteRepository> asked = system.newResolutionRepositories(session, repositories);
      CollectRequest collect = new CollectRequest();
      collect.setRoot(new Dependency(root, JavaScopes.RUNTIME));
      collect.setRepositories(asked);
      List<ArtifactResult> results =
          system
              .resolveDependencies(
                  session,
                  new DependencyRequest(
                      collect, DependencyFilterUtils.classpathFilter(JavaScopes.RUNTIME)))
              .getArtifactResults();
      List<LibraryFile> libraries = new ArrayList<>();
      for (ArtifactResult result : results) {
        Artifact artifact = result.getArtifact();
        if (artifact.getExtension().equals("jar")) {
          libraries.add(new LibraryFile(artifact.getPath(), coordinates(artifact)));
        }
      }
      return new Resolution(libraries, List.copyOf(left));
    } catch (RepositoryException e) {
      throw new IOException(reason(e));
    }
  }

  private CloseableSession session(Set<String> left) {
    return new RuntimeOnly(system, bundled, left)
        .get()
        .withLocalRepositoryBaseDirectories(downloads)
        .setIgnoreArtifactDescriptorRepositories(true)
        .setSystemProperties(System.getProperties())
        .setMirrorSelector(settings.mirrors())
        .setProxySelector(settings.proxies())
        .setAuthenticationSelector(settings.credentials())
        .build();
  }

  private static Coordinates coordinates(Artifact artifact) {
    return new Coordinates(
        artifact.getGroupId(),
        artifact.getArtifactId(),
        artifact.getVersion(),
        artifact.getClassifier());
  }

  private String reason(Throwable failure) {
    String where =
        repositories.stream().map(RemoteRepository::getUrl).collect(Collectors.joining(", "));
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ArtifactNotFoundException missing) {
        return "there is no %s in %s"
            .formatted(coordinates(missing.getArtifact()), asked(missing, where));
      }
      if (cause instanceof ArtifactTransferException transfer) {
        String from = asked(transfer, where);
        Coordinates artifact = coordinates(transfer.getArtifact());
        for (Throwable deeper = transfer.getCause(); deeper != null; deeper = deeper.getCause()) {
          if (deeper instanceof ChecksumFailureException) {
            return "the checksum of %s from %s is wrong, so nothing was added"
                .formatted(artifact, from);
          }
          if (deeper instanceof UnknownHostException || deeper instanceof ConnectException) {
            return "can't reach %s (set a mirror or a proxy in ~/.m2/settings.xml, or use --from)"
                .formatted(from);
          }
        }
        return "can't get %s from %s: %s".formatted(artifact, from, transfer.getMessage());
      }
    }
    return failure.getMessage();
  }

  private static String asked(ArtifactTransferException failure, String where) {
    return failure.getRepository() == null ? where : failure.getRepository().getUrl();
  }

  @Override
  public void close() {
    system.shutdown();
    try {
      FileTree.delete(downloads);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
