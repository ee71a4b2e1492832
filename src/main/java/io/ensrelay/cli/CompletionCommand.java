package io.ensrelay.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The script that lets a shell complete commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a completion script for bash and zsh.",
      "To use it: source <(java -jar ens-relay.jar completion)",
      "It completes a command named ens-relay, such as an alias for java -jar ens-relay.jar."
    })
public final class CompletionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(AutoComplete.bash("ens-relay", spec.root().commandLine()));
    spec.commandLine().getOut().flush();
  }
}
