package io.ensrelay.cli;

import io.ensrelay.base.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the versions of the relay and of Java. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Prints the versions of ens-relay and Java.")
public final class VersionCommand implements Callable<Integer>, IVersionProvider {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    for (String line : getVersion()) {
      spec.commandLine().getOut().println(line);
    }
    return 0;
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "ens-relay " + Version.packaged().orElse("(not packaged)"),
      "Java " + System.getProperty("java.version")
    };
  }
}
