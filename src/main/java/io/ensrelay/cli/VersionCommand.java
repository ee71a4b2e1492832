package io.ensrelay.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.jar.Manifest;
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
      "ens-relay " + packaged().orElse("(not packaged)"),
      "Java " + System.getProperty("java.version")
    };
  }

  /** The jar's own manifest: the name that Java has for it would be taken for Camel's version. */
  private static Optional<String> packaged() {
    try (InputStream in =
        VersionCommand.class.getClassLoader().getResourceAsStream("META-INF/MANIFEST.MF")) {
      return in == null
          ? Optional.empty()
          : Optional.ofNullable(new Manifest(in).getMainAttributes().getValue("Ens-Relay-Version"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
