package io.ensrelay.lib;

import java.util.Optional;
import java.util.Set;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.collection.DependencyCollectionContext;
import org.eclipse.aether.collection.DependencyManagement;
import org.eclipse.aether.collection.DependencyManager;
import org.eclipse.aether.collection.DependencySelector;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.resolution.ArtifactDescriptorPolicy;
import org.eclipse.aether.supplier.SessionBuilderSupplier;
import org.eclipse.aether.util.graph.selector.AndDependencySelector;
import org.eclipse.aether.util.repository.SimpleArtifactDescriptorPolicy;

/**
 * Resolves as Maven does, with two differences: what ens-relay's jar holds is left to it, with all
 * that it needs, and its relatives come in the version that fits to it.
 */
final class RuntimeOnly extends SessionBuilderSupplier {
  private final BundledLibraries bundled;
  private final Set<String> left;

  /**
   * @param left gets a text for each library that was wanted in another version than ours
   */
  RuntimeOnly(RepositorySystem system, BundledLibraries bundled, Set<String> left) {
    super(system);
    this.bundled = bundled;
    this.left = left;
  }

  @Override
  public DependencySelector getDependencySelector() {
    return new AndDependencySelector(super.getDependencySelector(), new Needed(bundled, left));
  }

  @Override
  public DependencyManager getDependencyManager() {
    return new Families(super.getDependencyManager(), bundled);
  }

  /** A file that says what a library needs and is missing would leave that out in silence. */
  @Override
  public ArtifactDescriptorPolicy getArtifactDescriptorPolicy() {
    return new SimpleArtifactDescriptorPolicy(false, true);
  }

  private static Coordinates coordinates(Artifact artifact) {
    return new Coordinates(
        artifact.getGroupId(),
        artifact.getArtifactId(),
        artifact.getVersion(),
        artifact.getClassifier());
  }

  /** Neither optional nor in the jar. Maven's own selector takes what the first one may need. */
  private record Needed(BundledLibraries bundled, Set<String> left) implements DependencySelector {

    @Override
    public boolean selectDependency(Dependency dependency) {
      if (dependency.isOptional()) {
        return false;
      }
      Coordinates wanted = coordinates(dependency.getArtifact());
      if (!bundled.holds(wanted)) {
        return true;
      }
      String ours = bundled.version(wanted.group(), wanted.artifact()).orElseThrow();
      if (!wanted.version().isEmpty() && !ours.equals(wanted.version())) {
        left.add(wanted.artifact() + " " + ours + " (wanted: " + wanted.version() + ")");
      }
      return false;
    }

    @Override
    public DependencySelector deriveChildSelector(DependencyCollectionContext context) {
      return this;
    }

    // selectors are compared to find what was resolved before; the set changes meanwhile
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  private record Families(DependencyManager maven, BundledLibraries bundled)
      implements DependencyManager {

    @Override
    public DependencyManagement manageDependency(Dependency dependency) {
      Artifact artifact = dependency.getArtifact();
      DependencyManagement management = maven.manageDependency(dependency);
      Optional<String> version =
          bundled.familyVersion(artifact.getGroupId(), artifact.getArtifactId());
      if (version.isEmpty()) {
        return management;
      }
      return (management == null ? new DependencyManagement() : management)
          .setVersion(version.get());
    }

    @Override
    public DependencyManager deriveChildManager(DependencyCollectionContext context) {
      return new Families(maven.deriveChildManager(context), bundled);
    }
  }
}
