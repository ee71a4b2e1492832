package io.ensrelay.cli;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.check.RouteMistakesException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.logging.LogManager;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program: {@code java -jar ens-relay.jar [COMMAND]}. Exit codes: 0 it went well, 1 it failed,
 * 2 wrong use or configuration, with one line on the standard error that says what to do.
 */
@Command(
    name = "ens-relay",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    description = {
      "Takes every event of Ivanti's Event Notification Service, keeps it safe on disk,",
      "and delivers it to files, REST, JMS and more. Files in routes/ define how.",
      "Without a command: run."
    },
    subcommands = {
      RunCommand.class,
      InitCommand.class,
      CheckCommand.class,
      TestCommand.class,
      DemoCommand.class,
      SimulateCommand.class,
      TopicsCommand.class,
      EventsCommand.class,
      DestinationsCommand.class,
      SendCommand.class,
      DeadCommand.class,
      SpoolCommand.class,
      DevicesCommand.class,
      ResyncCommand.class,
      AddCommand.class,
      CompletionCommand.class,
      VersionCommand.class
    })
public final class EnsRelay implements Callable<Integer> {

  public static void main(String[] args) {
    // what is written is for machines too, also by libraries: digits, dates and texts are the same
    // wherever the relay runs
    Locale.setDefault(Locale.ROOT);
    // Paho writes to Java's own log what is said by ens-relay's
    LogManager.getLogManager().reset();
    // which commands there are takes a while to say, and a relay that starts need not know
    System.exit(args.length == 0 ? relay() : commandLine().execute(args));
  }

  private static int relay() {
    try {
      return new RunCommand().call();
    } catch (Exception e) {
      return failed(e, new PrintWriter(System.err, true));
    }
  }

  private static int failed(Exception e, PrintWriter err) {
    if (e instanceof RouteMistakesException routes) {
      routes.mistakes().forEach(mistake -> err.println("ens-relay: " + mistake));
      return 2;
    }
    err.println("ens-relay: " + FailureText.line(e));
    return e instanceof ConfigurationException ? 2 : 1;
  }

  @Override
  public Integer call() throws Exception {
    return new RunCommand().call();
  }

  /** The command line with all commands. */
  public static CommandLine commandLine() {
    CommandLine all = new CommandLine(new EnsRelay());
    all.getSubcommands().get("run").getCommandSpec().usageMessage().footer(RunCommand.keys());
    return all.setParameterExceptionHandler(
            (e, arguments) -> {
              CommandLine command = e.getCommandLine();
              command
                  .getErr()
                  .println(
                      "%s: %s (see %s --help)"
                          .formatted(
                              command.getCommandSpec().qualifiedName(),
                              e instanceof UnmatchedArgumentException unknown
                                      && !unknown.isUnknownOption()
                                      && !command.getSubcommands().isEmpty()
                                  ? "there is no command " + unknown.getUnmatched().get(0)
                                  : e.getMessage(),
                              command.getCommandSpec().qualifiedName()));
              return 2;
            })
        .setExecutionExceptionHandler((e, commandLine, parsed) -> failed(e, commandLine.getErr()));
  }
}
