package io.ensrelay.lib;

import java.util.HashMap;
import java.util.Map;
import org.eclipse.aether.RepositorySystemSession;
import org.eclipse.aether.internal.impl.DefaultChecksumPolicyProvider;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.spi.connector.checksum.ChecksumPolicy;
import org.eclipse.aether.spi.connector.checksum.ChecksumPolicyProvider;
import org.eclipse.aether.spi.connector.transport.TransporterFactory;
import org.eclipse.aether.supplier.RepositorySystemSupplier;
import org.eclipse.aether.transfer.ChecksumFailureException;
import org.eclipse.aether.transfer.TransferResource;
import org.eclipse.aether.transport.file.FileTransporterFactory;

/**
 * Maven's resolver for folders and, with Java's own HTTP client, for the network. A folder may lack
 * checksums, such as one that was copied by hand; one that is there must be right.
 */
final class ResolverSupplier extends RepositorySystemSupplier {

  @Override
  protected Map<String, TransporterFactory> createTransporterFactories() {
    Map<String, TransporterFactory> factories = new HashMap<>();
    factories.put(FileTransporterFactory.NAME, new FileTransporterFactory());
    factories.put("java", new HttpTransporter.Factory());
    return factories;
  }

  @Override
  protected ChecksumPolicyProvider createChecksumPolicyProvider() {
    ChecksumPolicyProvider maven = new DefaultChecksumPolicyProvider();
    return new ChecksumPolicyProvider() {
      @Override
      public ChecksumPolicy newChecksumPolicy(
          RepositorySystemSession session,
          RemoteRepository repository,
          TransferResource resource,
          String policy) {
        return repository.getProtocol().equals("file")
            ? new WhereThereIsOne()
            : maven.newChecksumPolicy(session, repository, resource, policy);
      }

      @Override
      public String getEffectiveChecksumPolicy(
          RepositorySystemSession session, String policy1, String policy2) {
        return maven.getEffectiveChecksumPolicy(session, policy1, policy2);
      }
    };
  }

  private static final class WhereThereIsOne implements ChecksumPolicy {
    @Override
    public boolean onChecksumMatch(String algorithm, ChecksumKind kind) {
      return true;
    }

    @Override
    public void onChecksumMismatch(
        String algorithm, ChecksumKind kind, ChecksumFailureException exception)
        throws ChecksumFailureException {
      throw exception;
    }

    @Override
    public void onChecksumError(
        String algorithm, ChecksumKind kind, ChecksumFailureException exception) {
      // this one can't be read; another one may be there
    }

    @Override
    public void onNoMoreChecksums() {
      // there is none
    }

    @Override
    public void onTransferRetry() {
      // counts nothing
    }

    @Override
    public boolean onTransferChecksumFailure(ChecksumFailureException exception) {
      return false;
    }
  }
}
