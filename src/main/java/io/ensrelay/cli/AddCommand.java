package io.ensrelay.cli;

import io.ensrelay.base.Printable;
import io.ensrelay.config.Settings;
import io.ensrelay.lib.AddedLibraries;
import io.ensrelay.lib.BundledLibraries;
import io.ensrelay.lib.Coordinates;
import io.ensrelay.lib.LibFolder;
import io.ensrelay.lib.LibrarySource;
import io.ensrelay.lib.Resolution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Connectors that are not in the jar. */
@Command(
    name = "add",
    mixinStandardHelpOptions = true,
    description = {
      "Gets components of Camel and other libraries, with all they need, into lib/ beside the jar.",
      "A relay uses them from its next start on."
    },
    subcommands = {AddCommand.ListThem.class, AddCommand.Remove.class})
public final class AddCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "LIBRARY",
      arity = "0..*",
      description = "camel:NAME for a component of Camel, or group:artifact:version.")
  private List<String> libraries = List.of();

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = {
        "Takes them from a folder, without a network:",
        "a Maven repository, or a folder of jars; of a folder of jars it takes all."
      })
  private Path from;

  @Override
  public Integer call() throws IOException {
    if (libraries.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "give camel:NAME or group:artifact:version");
    }
    Settings settings = DataCommand.settings();
    BundledLibraries bundled = BundledLibraries.packaged();
    String camel =
        bundled
            .camelVersion()
            .orElseThrow(() -> new IOException("only the packaged jar can add libraries"));
    List<Coordinates> asked =
        libraries.stream().map(library -> Coordinates.asked(library, camel)).toList();
    Path dir = folder(settings);
    AddedLibraries added = new AddedLibraries(dir, bundled);
    try (LibrarySource source =
        from == null
            ? LibrarySource.network(settings.get("ens.maven.repository"), bundled)
            : LibrarySource.folder(from, bundled)) {
      for (Coordinates library : asked) {
        add(library, source, added, bundled, dir);
      }
    }
    return 0;
  }

  private void add(
      Coordinates library,
      LibrarySource source,
      AddedLibraries added,
      BundledLibraries bundled,
      Path dir)
      throws IOException {
    var out = spec.commandLine().getOut();
    if (bundled.holds(library)) {
      out.println("In ens-relay's jar already: " + library.artifact());
      out.flush();
      return;
    }
    Resolution found = source.resolve(library);
    AddedLibraries.Change change = added.add(library, found);
    change.written().forEach(name -> out.println(Printable.line(name)));
    change.removed().forEach(name -> out.println("Removed: " + Printable.line(name)));
    if (!found.leftToOurs().isEmpty()) {
      out.println(
          "Left to ens-relay's jar: " + Printable.line(String.join(", ", found.leftToOurs())));
    }
    out.println(
        "Added to %s: %s, %s".formatted(dir, library, size(change.written(), change.bytes())));
    out.flush();
  }

  private static String size(List<String> files, long bytes) {
    return (files.size() == 1 ? "1 jar" : files.size() + " jars")
        + String.format(Locale.ROOT, ", %.1f MB", bytes / 1e6);
  }

  private static Path folder(Settings settings) {
    return LibFolder.of(settings.get(LibFolder.KEY));
  }

  /** Lists the folder. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the added libraries, and the number of other jars in lib/.")
  static final class ListThem extends DataCommand implements Callable<Integer> {

    @Override
    public Integer call() throws IOException {
      Path dir = folder(settings());
      AddedLibraries added = new AddedLibraries(dir, BundledLibraries.packaged());
      TextTable table = new TextTable("LIBRARY", "VERSION", "JARS");
      List<Map<String, Object>> all = new ArrayList<>();
      for (AddedLibraries.Entry entry : added.entries()) {
        Coordinates library = entry.library();
        String name =
            library.asAsked().equals(library.toString())
                ? library.group() + ":" + library.artifact()
                : library.asAsked();
        table.row(name, library.version(), String.valueOf(entry.files().size()));
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("library", library.toString());
        one.put("files", entry.files());
        all.add(one);
      }
      List<String> others = added.others();
      if (json) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("folder", dir.toString());
        answer.put("added", all);
        answer.put("others", others);
        print(answer);
        return 0;
      }
      if (!others.isEmpty()) {
        table.row("put there by hand", "", String.valueOf(others.size()));
      }
      print(table, "There is nothing in " + dir + ".");
      return 0;
    }
  }

  /** Takes one away. */
  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Removes a library, with the jars that only it needed.")
  static final class Remove extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the library, from the list.")
    private String name;

    @Override
    public Integer call() throws IOException {
      Path dir = folder(settings());
      List<String> gone = new AddedLibraries(dir, BundledLibraries.packaged()).remove(name);
      if (json) {
        print(Map.of("removed", gone));
      } else {
        gone.forEach(file -> out().println("Removed: " + Printable.line(file)));
        if (gone.isEmpty()) {
          out().println(Printable.line(name) + " is removed; its jars stay, for others need them.");
        }
        out().flush();
      }
      return 0;
    }
  }
}
