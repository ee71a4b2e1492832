package io.ensrelay.cli;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FilePermissions;
import io.ensrelay.runtime.StarterRoutes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A folder to start from. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description =
        "Writes the shipped application.properties, routes/ and an example in tenants/, readable by"
            + " this user only; overwrites nothing.")
public final class InitCommand implements Callable<Integer> {
  private static final String STARTER = "/starter/";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      defaultValue = ".",
      description = "Folder to write to (default: the working directory).")
  private Path dir;

  @Override
  public Integer call() throws IOException {
    List<String> files = new ArrayList<>();
    files.add("application.properties");
    files.add("tenants/tenant.properties.example");
    StarterRoutes.all().forEach(route -> files.add("routes/" + route));
    for (String file : files) {
      if (Files.exists(dir.resolve(file), LinkOption.NOFOLLOW_LINKS)) {
        throw new ConfigurationException(
            dir.resolve(file).toString(), "is there already", "name an empty or new folder");
      }
    }
    for (String file : files) {
      Path target = dir.resolve(file);
      FilePermissions.OWNER.createDirectories(target.toAbsolutePath().getParent());
      try (InputStream starter = InitCommand.class.getResourceAsStream(STARTER + file)) {
        if (starter == null) {
          throw new FileNotFoundException("not in the jar: " + file);
        }
        AtomicFile.replace(target, starter.readAllBytes());
      }
      spec.commandLine().getOut().println(target);
    }
    spec.commandLine()
        .getOut()
        .println(
            "Now set ens.api.url, ens.mqtt.url and ens.tls.keystore in application.properties,"
                + " try them with 'check', and start with 'run'. For several tenants see"
                + " tenants/tenant.properties.example.");
    spec.commandLine().getOut().flush();
    return 0;
  }
}
